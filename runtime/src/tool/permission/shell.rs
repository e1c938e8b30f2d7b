//! Reads a shell's text far enough to know every command that it runs, and refuses every text of which that cannot
//! be said: what expands, redirects, nests, runs in the background, defines or assigns. It runs nothing.
//!
//! What it accepts means the same in every POSIX shell: plain and quoted words, joined by `&&`, `||`, `;` and `|`.
//! File names with `*`, `?` and `[…]` stay possible in arguments; they expand to arguments and never to a command.

/// A command with its arguments, quotes taken off.
pub type SimpleCommand = Vec<String>;

/// Words that begin or end something larger than a simple command.
const RESERVED: &[&str] = &[
    "!",
    "{",
    "}",
    "[[",
    "case",
    "coproc",
    "do",
    "done",
    "elif",
    "else",
    "esac",
    "fi",
    "for",
    "foreach",
    "function",
    "if",
    "in",
    "namespace",
    "repeat",
    "select",
    "then",
    "time",
    "until",
    "while",
];

/// The commands of a text, in order. The error says what is not allowed, at which character, and what to write.
pub fn simple_commands(text: &str) -> Result<Vec<SimpleCommand>, String> {
    let mut reader =
        Reader { rest: text.trim_matches([' ', '\t', '\n']), commands: Vec::new(), words: Vec::new() };
    while !reader.rest.is_empty() {
        reader.step()?;
    }
    reader.finish()
}

struct Reader<'a> {
    rest: &'a str,
    commands: Vec<SimpleCommand>,
    words: SimpleCommand,
}

impl Reader<'_> {
    /// Takes a blank, an operator or a word.
    fn step(&mut self) -> Result<(), String> {
        let first = self.rest.chars().next().unwrap_or(' ');
        match first {
            ' ' | '\t' => self.skip(1),
            ';' if self.rest.starts_with(";;") => return Err("`;;` is not allowed".to_owned()),
            ';' => {
                self.end_command(";")?;
                self.skip(1);
                return Ok(());
            }
            '&' if self.rest.starts_with("&&") => return self.join("&&"),
            '|' if self.rest.starts_with("||") => return self.join("||"),
            '|' if self.rest.starts_with("|&") => return Err("`|&` is not allowed".to_owned()),
            '|' => return self.join("|"),
            '#' => return Err("a comment (`#`) is not allowed; quote the word".to_owned()),
            _ => {
                let word = self.word()?;
                self.words.push(word);
            }
        }
        Ok(())
    }

    /// An operator after which another command must come.
    fn join(&mut self, operator: &str) -> Result<(), String> {
        self.end_command(operator)?;
        self.skip(operator.len());
        if self.rest.trim_start_matches([' ', '\t']).is_empty() {
            return Err(format!("there is no command after `{operator}`"));
        }
        Ok(())
    }

    fn end_command(&mut self, operator: &str) -> Result<(), String> {
        if self.words.is_empty() {
            return Err(format!("there is no command before `{operator}`"));
        }
        self.commands.push(std::mem::take(&mut self.words));
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<SimpleCommand>, String> {
        if !self.words.is_empty() {
            self.commands.push(self.words);
        }
        if self.commands.is_empty() {
            return Err("there is no command in it".to_owned());
        }
        for command in &self.commands {
            program(command.first().map_or("", String::as_str))?;
        }
        Ok(self.commands)
    }

    /// A word up to a blank or an operator, its quotes taken off.
    fn word(&mut self) -> Result<String, String> {
        let mut word = String::new();
        while let Some(first) = self.rest.chars().next() {
            match first {
                ' ' | '\t' | ';' | '|' => break,
                '&' if self.rest.starts_with("&&") => break,
                '\'' => word.push_str(self.single()?),
                '"' => self.double(&mut word)?,
                '\\' => word.push(self.escaped()?),
                _ => {
                    plain(first)?;
                    word.push(first);
                    self.skip(first.len_utf8());
                }
            }
        }
        Ok(word)
    }

    /// `'…'`: everything as it stands.
    fn single(&mut self) -> Result<&str, String> {
        let inner = self.rest.get(1..).unwrap_or_default();
        let Some(end) = inner.find('\'') else { return Err("a quote `'` is not closed".to_owned()) };
        let text = inner.get(..end).unwrap_or_default();
        no_nul(text)?;
        self.rest = inner.get(end + 1..).unwrap_or_default();
        Ok(text)
    }

    /// `"…"`: a backslash keeps its meaning before `$`, `` ` ``, `"` and itself.
    fn double(&mut self, word: &mut String) -> Result<(), String> {
        self.skip(1);
        loop {
            let mut letters = self.rest.chars();
            match letters.next() {
                None => return Err("a quote `\"` is not closed".to_owned()),
                Some('"') => {
                    self.skip(1);
                    return Ok(());
                }
                Some('$' | '`') => return Err(expands("`$` and `` ` `` expand inside of `\"`")),
                Some('\\') => match letters.next() {
                    Some(escaped @ ('$' | '`' | '"' | '\\')) => {
                        word.push(escaped);
                        self.skip(2);
                    }
                    Some('\n') => {
                        return Err("a line that goes on (`\\` at its end) is not allowed".to_owned());
                    }
                    _ => {
                        word.push('\\');
                        self.skip(1);
                    }
                },
                Some('\0') => return Err("it holds a NUL character".to_owned()),
                // Inside of quotes a shell for people would still look events up.
                Some(other) => {
                    word.push(other);
                    self.skip(other.len_utf8());
                }
            }
        }
    }

    /// `\x`: the character itself.
    fn escaped(&mut self) -> Result<char, String> {
        match self.rest.chars().nth(1) {
            None => Err("it ends with `\\`".to_owned()),
            Some('\n') => Err("a line that goes on (`\\` at its end) is not allowed".to_owned()),
            Some('\0') => Err("it holds a NUL character".to_owned()),
            Some(escaped) => {
                self.skip(1 + escaped.len_utf8());
                Ok(escaped)
            }
        }
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }
}

/// Refuses what means something to a shell where it is not quoted.
fn plain(letter: char) -> Result<(), String> {
    match letter {
        '$' | '`' => Err(expands("`$` and `` ` `` expand")),
        '<' | '>' => Err("redirections (`<`, `>`) are not allowed".to_owned()),
        '(' | ')' => Err("subshells and functions (`(`, `)`) are not allowed".to_owned()),
        '&' => Err("running in the background (`&`) is not allowed; `&&` joins two commands".to_owned()),
        '\n' => Err("a second line is not allowed; join commands by `;` or `&&`".to_owned()),
        _ if letter.is_control() || letter.is_whitespace() => {
            Err(format!("the character `{}` is not allowed outside of quotes", letter.escape_unicode()))
        }
        _ => Ok(()),
    }
}

fn expands(what: &str) -> String {
    format!("{what}, which is not allowed; in single quotes they are plain text")
}

fn no_nul(text: &str) -> Result<(), String> {
    if text.contains('\0') { Err("it holds a NUL character".to_owned()) } else { Ok(()) }
}

/// The first word must be a program's name and nothing else: no assignment, no reserved word, no option of the
/// shell's own, nothing that expands.
fn program(word: &str) -> Result<(), String> {
    let named = |letter: char| letter.is_ascii_alphanumeric() || "_./+@%:,-".contains(letter);
    if word.contains('=') {
        return Err(format!("an assignment (`{word}`) before a command is not allowed"));
    }
    if RESERVED.contains(&word) {
        return Err(format!("`{word}` is not allowed: only simple commands are"));
    }
    if word != "[" && (word.is_empty() || !word.chars().all(named) || word.starts_with(['-', '+'])) {
        return Err(format!("`{word}` is not allowed as a command's name"));
    }
    Ok(())
}
