//! What a file is made of: its declarations and states as a tree, and what each name in it is.

use crate::ast::{Body, Item, TypeBody};
use crate::span::Span;

use super::Analysis;
use super::index::{DefKind, Index, Word};

/// A declaration, a state or a field, with what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// The word it is declared by: `agent`, `ask`, `field`.
    pub word: String,
    /// All of it.
    pub whole: Span,
    /// Its name's place.
    pub span: Span,
    /// What it holds.
    pub children: Vec<Symbol>,
}

/// A name and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Where it stands; never over a line's end.
    pub span: Span,
    /// What it is.
    pub kind: TokenKind,
    /// True where the name is made.
    pub is_made: bool,
}

/// What a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A keyword of a state or a declaration.
    Keyword,
    /// A type.
    Type,
    /// An agent.
    Agent,
    /// A tool or a built-in.
    Function,
    /// A pool, a guard, a memory, a server, a skill.
    Resource,
    /// A parameter.
    Parameter,
    /// A variable, an element's name.
    Variable,
    /// A state.
    State,
    /// A field of a record or a kind.
    Property,
    /// An event.
    Event,
    /// A word out of a list of them.
    EnumMember,
    /// `@pii`.
    Attribute,
}

/// The entry's declarations.
pub fn symbols(analysis: &Analysis) -> Vec<Symbol> {
    analysis.module().into_iter().flat_map(|module| &module.items).map(of_item).collect()
}

fn of_item(item: &Item) -> Symbol {
    let whole = item.span();
    let symbol = |name: &str, word: &str, span: Span, children: Vec<Symbol>| Symbol {
        name: name.to_owned(),
        word: word.to_owned(),
        whole,
        span,
        children,
    };
    match item {
        Item::Type(decl) => {
            let fields = match &decl.body {
                TypeBody::Record(fields) => fields.as_slice(),
                TypeBody::Alias(..) => &[],
            };
            let fields = fields.iter().map(|field| Symbol {
                name: field.name.name.to_string(),
                word: "field".to_owned(),
                whole: field.span,
                span: field.name.span,
                children: Vec::new(),
            });
            symbol(&decl.name.name, "type", decl.name.span, fields.collect())
        }
        Item::Tool(decl) => symbol(&decl.name.name, "tool", decl.name.span, Vec::new()),
        Item::Agent(decl) => symbol(&decl.name.name, "agent", decl.name.span, of_body(&decl.body)),
        Item::Block(decl) => symbol(&decl.name.name, decl.kind.word(), decl.name.span, Vec::new()),
        Item::Test(decl) => symbol(&decl.name.node, "test", decl.name.span, Vec::new()),
    }
}

fn of_body(body: &Body) -> Vec<Symbol> {
    let vars = body.vars().map(|var| Symbol {
        name: var.name.name.to_string(),
        word: "var".to_owned(),
        whole: var.span,
        span: var.name.span,
        children: Vec::new(),
    });
    let states = body.states().map(|state| Symbol {
        name: state.name.name.to_string(),
        word: state.kind.name.to_string(),
        whole: state.span,
        span: state.name.span,
        children: of_body(&state.body),
    });
    let mut all: Vec<Symbol> = vars.chain(states).collect();
    all.sort_by_key(|symbol| symbol.whole);
    all
}

/// What the names of the entry are, in order and apart from each other.
pub fn tokens(analysis: &Analysis) -> Vec<Token> {
    let Some(module) = analysis.module() else { return Vec::new() };
    let names = analysis.names();
    let index = Index::of(analysis, &names);
    let kinds: std::collections::BTreeMap<Span, TokenKind> =
        index.definitions.iter().map(|definition| (definition.name, of(definition.kind))).collect();
    let made = index.definitions.iter().map(|definition| (definition.name, of(definition.kind), true));
    let used =
        index.uses.iter().filter_map(|(used, made)| Some((*used, *kinds.get(&index.behind(*made))?, false)));
    let words = index.words.iter().map(|(span, word)| (*span, of_word(*word), false));
    let mut tokens: Vec<Token> = made
        .chain(used)
        .chain(words)
        .filter(|(span, ..)| span.source == module.source && span.start < span.end)
        .map(|(span, kind, is_made)| Token { span, kind, is_made })
        .collect();
    tokens.sort_by_key(|token| (token.span.start, !token.is_made));
    let mut end = 0;
    tokens.retain(|token| {
        let apart = token.span.start >= end;
        if apart {
            end = token.span.end;
        }
        apart
    });
    tokens
}

fn of(kind: DefKind) -> TokenKind {
    match kind {
        DefKind::Type | DefKind::Alias => TokenKind::Type,
        DefKind::Field => TokenKind::Property,
        DefKind::Model | DefKind::Guard | DefKind::Memory | DefKind::Mcp | DefKind::Skill => {
            TokenKind::Resource
        }
        DefKind::Tool => TokenKind::Function,
        DefKind::Agent => TokenKind::Agent,
        DefKind::Param => TokenKind::Parameter,
        DefKind::Var | DefKind::Each => TokenKind::Variable,
        DefKind::State => TokenKind::State,
    }
}

fn of_word(word: Word) -> TokenKind {
    match word {
        Word::Kind(_) => TokenKind::Keyword,
        Word::Key(..) => TokenKind::Property,
        Word::Event => TokenKind::Event,
        Word::Function => TokenKind::Function,
        Word::Enum => TokenKind::EnumMember,
        Word::BuiltInType => TokenKind::Type,
        Word::Attribute => TokenKind::Attribute,
    }
}
