//! Reads a unified diff and applies it to a text. It opens no file: `file/mod.rs` brings the texts and puts the
//! results in their places, all or none.
//!
//! Context and deleted lines must be there, all of them. What is forgiven is what models get wrong: line numbers
//! (the place is then found by its text, and must be the only one), counts in a hunk's head, blank context lines
//! without their leading space, blanks at the end of a line, a code fence around it all. Ends of lines follow the file.

/// A diff of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FilePatch {
    /// The name in `---`, without `a/`; `None`: no such line, or `/dev/null`.
    pub(super) old: Option<String>,
    /// The name in `+++`, without `b/`; `None` likewise.
    pub(super) new: Option<String>,
    /// Whether `---` says `/dev/null`.
    pub(super) creates: bool,
    /// Whether `+++` says `/dev/null`.
    pub(super) deletes: bool,
    pub(super) hunks: Vec<Hunk>,
}

/// One `@@` part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hunk {
    /// The old line it begins at, from 1; `None` where its head has no numbers.
    at: Option<usize>,
    lines: Vec<Line>,
    /// Where it stands in the patch, from 1.
    head: usize,
    /// `\ No newline at end of file` after the last old, the last new line.
    bare_end: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    Keep(String),
    Drop(String),
    Add(String),
}

/// Reads every file's part of a diff. The error is for a model: it says where in the patch and what was expected.
pub(super) fn parse(patch: &str) -> Result<Vec<FilePatch>, String> {
    let lines: Vec<&str> = patch.lines().map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
    let mut files: Vec<FilePatch> = Vec::new();
    let mut index = 0;
    while let Some(&line) = lines.get(index) {
        let next = lines.get(index + 1).copied().unwrap_or_default();
        if line.starts_with("--- ") && next.starts_with("+++ ") {
            files.push(FilePatch::headed(line, next));
            index += 2;
        } else if line.starts_with("@@") {
            if files.is_empty() {
                files.push(FilePatch::headless());
            }
            let (hunk, end) = hunk(&lines, index)?;
            if let Some(file) = files.last_mut() {
                file.hunks.push(hunk);
            }
            index = end;
        } else if let Some(what) = unsupported(line) {
            return Err(format!("line {}: {what}", index + 1));
        } else if is_preamble(line) || !files.iter().any(|file| !file.hunks.is_empty()) {
            index += 1;
        } else {
            return Err(format!(
                "line {}: expected a hunk (`@@ …`) or a file (`--- …`), found `{line}`",
                index + 1
            ));
        }
    }
    if !files.iter().any(|file| !file.hunks.is_empty()) {
        return Err("it is no unified diff: there is no hunk (`@@ -1,3 +1,4 @@`) in it".to_owned());
    }
    if let Some(file) = files.iter().find(|file| file.hunks.is_empty()) {
        let name = file.new.as_ref().or(file.old.as_ref()).map_or("a file", String::as_str);
        return Err(format!("`{name}` has no hunk"));
    }
    Ok(files)
}

/// The text after the patch. The error says which hunk, where it looked, what it expected and what is there.
pub(super) fn apply(patch: &FilePatch, text: &str) -> Result<String, String> {
    let file = split(text);
    let crlf = file.iter().filter(|line| line.end == "\r\n").count() * 2 > file.len();
    let newline = if crlf { "\r\n" } else { "\n" };
    let mut result = String::with_capacity(text.len());
    let mut done = 0;
    let mut shift: isize = 0;
    for (index, hunk) in patch.hunks.iter().enumerate() {
        let place = hunk.find(&file, done, shift).map_err(|why| {
            format!("hunk {} (line {} of the patch) does not apply: {why}", index + 1, hunk.head)
        })?;
        if let Some(at) = hunk.at {
            shift = signed(place) - signed(hunk.zero_based(at));
        }
        for line in file.get(done..place).unwrap_or_default() {
            result.push_str(line.text);
            result.push_str(line.end);
        }
        done = place + hunk.write(file.get(place..).unwrap_or_default(), newline, &mut result);
    }
    if result_lacks_newline(&result) && done < file.len() {
        result.push_str(newline);
    }
    for line in file.get(done..).unwrap_or_default() {
        result.push_str(line.text);
        result.push_str(line.end);
    }
    Ok(result)
}

impl FilePatch {
    /// Lines added and lines taken away.
    pub(super) fn size(&self) -> (usize, usize) {
        let lines = self.hunks.iter().flat_map(|hunk| &hunk.lines);
        lines.fold((0, 0), |(added, dropped), line| match line {
            Line::Keep(_) => (added, dropped),
            Line::Drop(_) => (added, dropped + 1),
            Line::Add(_) => (added + 1, dropped),
        })
    }

    /// True where it only adds lines and expects nothing to be there.
    pub(super) fn only_adds(&self) -> bool {
        self.hunks.iter().flat_map(|hunk| &hunk.lines).all(|line| matches!(line, Line::Add(_)))
    }

    fn headless() -> Self {
        Self { old: None, new: None, creates: false, deletes: false, hunks: Vec::new() }
    }

    fn headed(old: &str, new: &str) -> Self {
        let old = header_name(old, "a/");
        let new = header_name(new, "b/");
        Self {
            creates: old == "/dev/null",
            deletes: new == "/dev/null",
            old: Some(old).filter(|name| name != "/dev/null"),
            new: Some(new).filter(|name| name != "/dev/null"),
            hunks: Vec::new(),
        }
    }
}

/// `--- a/src/x.rs<TAB>date` names `src/x.rs`.
fn header_name(line: &str, prefix: &str) -> String {
    let name = line.get(4..).unwrap_or_default();
    let name = name.split('\t').next().unwrap_or_default().trim();
    let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name);
    name.strip_prefix(prefix).unwrap_or(name).to_owned()
}

fn unsupported(line: &str) -> Option<&'static str> {
    const REFUSED: [(&str, &str); 4] = [
        ("rename from ", "a rename is not supported: write the new file and delete the old one"),
        ("copy from ", "a copy is not supported: write the new file"),
        ("GIT binary patch", "a binary patch is not supported"),
        ("Binary files ", "a binary patch is not supported"),
    ];
    REFUSED.iter().find(|(start, _)| line.starts_with(start)).map(|(_, why)| *why)
}

fn is_preamble(line: &str) -> bool {
    const STARTS: [&str; 9] = [
        "diff ",
        "index ",
        "new file mode ",
        "deleted file mode ",
        "old mode ",
        "new mode ",
        "similarity index ",
        "```",
        "-- ",
    ];
    line.trim().is_empty() || line == "--" || STARTS.iter().any(|start| line.starts_with(start))
}

/// Reads the hunk whose head is at `start`; gives the index after it.
fn hunk(lines: &[&str], start: usize) -> Result<(Hunk, usize), String> {
    let head = lines.get(start).copied().unwrap_or_default();
    let mut counts = hunk_head(head)
        .ok_or_else(|| format!("line {}: expected `@@ -1,3 +1,4 @@`, found `{head}`", start + 1))?;
    let mut hunk = Hunk { at: counts.at, lines: Vec::new(), head: start + 1, bare_end: false };
    let mut index = start + 1;
    while let Some(&line) = lines.get(index) {
        if ends_hunk(lines, index, counts.met()) {
            break;
        }
        match hunk_line(line) {
            Some(read) => {
                counts.take(&read);
                hunk.lines.push(read);
            }
            None if line.starts_with('\\') => {
                hunk.bare_end = !matches!(hunk.lines.last(), Some(Line::Drop(_)));
            }
            None => {
                return Err(format!(
                    "line {}: a line of a hunk begins with ` `, `-` or `+`, found `{line}`",
                    index + 1
                ));
            }
        }
        index += 1;
    }
    if !counts.met() {
        // Blank lines between such a hunk and what follows it are the patch's, not the file's.
        let blank =
            lines.get(start + 1..index).unwrap_or_default().iter().rev().take_while(|line| line.is_empty());
        let blank = blank.count().min(hunk.lines.len());
        hunk.lines.truncate(hunk.lines.len() - blank);
    }
    if hunk.lines.iter().all(|line| matches!(line, Line::Keep(_))) {
        return Err(format!("line {}: the hunk changes nothing", start + 1));
    }
    Ok((hunk, index))
}

fn hunk_line(line: &str) -> Option<Line> {
    let mut letters = line.chars();
    let first = letters.next();
    let text = letters.as_str().to_owned();
    match first {
        None | Some(' ') => Some(Line::Keep(text)),
        Some('-') => Some(Line::Drop(text)),
        Some('+') => Some(Line::Add(text)),
        Some(_) => None,
    }
}

fn ends_hunk(lines: &[&str], index: usize, complete: bool) -> bool {
    let line = lines.get(index).copied().unwrap_or_default();
    let next = lines.get(index + 1).copied().unwrap_or_default();
    if line.starts_with("@@") || line.starts_with("diff --git ") || line.starts_with("```") {
        return true;
    }
    if line.starts_with("--- ") && next.starts_with("+++ ") {
        let after = lines.get(index + 2).copied().unwrap_or_default();
        return complete || after.starts_with("@@");
    }
    complete && (line == "-- " || !line.starts_with(['\\', ' ', '+', '-']))
}

/// What a hunk's head says.
struct Counts {
    at: Option<usize>,
    old: usize,
    new: usize,
}

impl Counts {
    /// True where it said how many lines come, and they have come.
    fn met(&self) -> bool {
        self.at.is_some() && self.old == 0 && self.new == 0
    }

    fn take(&mut self, line: &Line) {
        if !matches!(line, Line::Add(_)) {
            self.old = self.old.saturating_sub(1);
        }
        if !matches!(line, Line::Drop(_)) {
            self.new = self.new.saturating_sub(1);
        }
    }
}

/// `@@ -3,7 +3,9 @@ fn main()`; without numbers, `@@` or `@@ fn main()`, which some models write.
fn hunk_head(line: &str) -> Option<Counts> {
    let Some(inner) = line.strip_prefix("@@ -") else {
        return (line.trim_end() == "@@" || line.starts_with("@@ ")).then_some(Counts {
            at: None,
            old: 0,
            new: 0,
        });
    };
    let (old, rest) = inner.split_once(" +")?;
    let (new, _) = rest.split_once(" @@")?;
    let range = |text: &str| -> Option<(usize, usize)> {
        match text.split_once(',') {
            Some((start, count)) => Some((start.parse().ok()?, count.parse().ok()?)),
            None => Some((text.parse().ok()?, 1)),
        }
    };
    let (start, old) = range(old)?;
    let (_, new) = range(new)?;
    Some(Counts { at: Some(start), old, new })
}

/// A line of a file with its own end.
#[derive(Clone, Copy, Debug)]
struct FileLine<'a> {
    text: &'a str,
    end: &'a str,
}

fn split(text: &str) -> Vec<FileLine<'_>> {
    text.split_inclusive('\n')
        .map(|line| {
            let text = line.strip_suffix("\r\n").or_else(|| line.strip_suffix('\n')).unwrap_or(line);
            FileLine { text, end: line.get(text.len()..).unwrap_or_default() }
        })
        .collect()
}

impl Hunk {
    /// The index of the old line that `at` names: a hunk that expects nothing begins after it.
    fn zero_based(&self, at: usize) -> usize {
        if self.expected().next().is_none() { at } else { at.saturating_sub(1) }
    }

    fn expected(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().filter_map(|line| match line {
            Line::Keep(text) | Line::Drop(text) => Some(text.as_str()),
            Line::Add(_) => None,
        })
    }

    /// The first line of the file it takes the place of: where its head says, else the one place that fits.
    fn find(&self, file: &[FileLine<'_>], from: usize, shift: isize) -> Result<usize, String> {
        let hint = self.at.map(|at| usize::try_from(signed(self.zero_based(at)) + shift).unwrap_or(0));
        if self.expected().next().is_none() {
            return match hint {
                _ if file.is_empty() => Ok(0),
                Some(at) if (from..=file.len()).contains(&at) => Ok(at),
                Some(at) => Err(format!("it adds after line {at}, and the file has {} lines", file.len())),
                None => Err("it has neither context nor line numbers, so its place is unknown".to_owned()),
            };
        }
        for same in [exactly as fn(&str, &str) -> bool, but_for_blanks] {
            if let Some(at) = hint.filter(|at| *at >= from && self.fits(file, *at, same)) {
                return Ok(at);
            }
            let places: Vec<usize> = (from..file.len()).filter(|at| self.fits(file, *at, same)).collect();
            match places.as_slice() {
                [] => {}
                [only] => return Ok(*only),
                several => {
                    let lines: Vec<_> = several.iter().take(5).map(|at| (at + 1).to_string()).collect();
                    return Err(format!("its context fits at lines {}; give more context", lines.join(", ")));
                }
            }
        }
        Err(self.mismatch(file, hint.unwrap_or(from).max(from)))
    }

    fn fits(&self, file: &[FileLine<'_>], at: usize, same: fn(&str, &str) -> bool) -> bool {
        let mut there = file.get(at..).unwrap_or_default().iter();
        self.expected().all(|expected| there.next().is_some_and(|line| same(line.text, expected)))
    }

    fn mismatch(&self, file: &[FileLine<'_>], at: usize) -> String {
        let mut there = file.get(at..).unwrap_or_default().iter();
        for (offset, expected) in self.expected().enumerate() {
            let line = at + offset + 1;
            match there.next() {
                Some(found) if but_for_blanks(found.text, expected) => {}
                Some(found) => return format!("line {line}: expected `{expected}`, found `{}`", found.text),
                None => return format!("line {line}: expected `{expected}`, found the end of the file"),
            }
        }
        "an earlier hunk already took its place".to_owned()
    }

    /// Writes its new lines; gives how many old ones it took the place of. Kept lines stay as the file has them.
    fn write(&self, old: &[FileLine<'_>], newline: &str, result: &mut String) -> usize {
        let mut old = old.iter();
        let mut taken = 0;
        for line in &self.lines {
            match line {
                Line::Add(text) => {
                    if result_lacks_newline(result) {
                        result.push_str(newline);
                    }
                    result.push_str(text);
                    result.push_str(newline);
                }
                Line::Keep(_) | Line::Drop(_) => {
                    taken += 1;
                    if let (Some(there), Line::Keep(_)) = (old.next(), line) {
                        if result_lacks_newline(result) {
                            result.push_str(newline);
                        }
                        result.push_str(there.text);
                        result.push_str(there.end);
                    }
                }
            }
        }
        if self.bare_end && old.next().is_none() {
            let kept = result.trim_end_matches('\n').trim_end_matches('\r').len();
            let one = result.len() - newline.len().min(result.len());
            result.truncate(kept.max(one));
        }
        taken
    }
}

fn exactly(found: &str, expected: &str) -> bool {
    found == expected
}

fn but_for_blanks(found: &str, expected: &str) -> bool {
    found.trim_end() == expected.trim_end()
}

fn result_lacks_newline(result: &str) -> bool {
    !result.is_empty() && !result.ends_with('\n')
}

fn signed(index: usize) -> isize {
    isize::try_from(index).unwrap_or(isize::MAX)
}
