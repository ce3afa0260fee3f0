//! What the rules look at: a file as words and texts, without its comments.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A word or sign of the code.
pub(super) struct Token {
    pub(super) word: String,
    pub(super) line: usize,
    /// Stands in an item that only tests compile.
    pub(super) test: bool,
}

/// A text literal, its line breaks and indents folded into one space.
pub(super) struct Literal {
    pub(super) text: String,
    pub(super) line: usize,
    pub(super) test: bool,
    /// How many tokens stand before it.
    before: usize,
}

/// One file of Rust.
pub(super) struct Source {
    /// From the repository's root, with `/`.
    pub(super) path: String,
    pub(super) lines: usize,
    pub(super) tokens: Vec<Token>,
    pub(super) literals: Vec<Literal>,
}

/// A place where a rule is broken.
pub(super) struct Breach {
    pub(super) line: usize,
    pub(super) what: String,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        let mut source = Self { path: path.to_owned(), lines: text.lines().count(), tokens: Vec::new(), literals: Vec::new() };
        lex(text, &mut source);
        mark_tests(&mut source.tokens);
        // Files behind `#[cfg(test)] mod tests;`.
        let only_tests = path.ends_with("/tests.rs") || path.contains("/tests/") || path.starts_with("tests/");
        for token in &mut source.tokens {
            token.test |= only_tests;
        }
        for literal in &mut source.literals {
            literal.test = only_tests || source.tokens.get(literal.before).is_some_and(|token| token.test);
        }
        source
    }

    /// Whether the file lies in one of these folders (with a `/` at the end) or is one of these files.
    pub(super) fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| if place.ends_with('/') { self.path.starts_with(place) } else { self.path == *place })
    }

    /// Its room: the folder or file under `src`; the program for what belongs to `main`.
    pub(super) fn room(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?;
        match inside.split(['/', '.']).next()? {
            "main" | "command" => Some("command"),
            room => Some(room),
        }
    }

    /// The words, if the tokens from `at` on are these.
    pub(super) fn reads(&self, at: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(offset, word)| self.word(at + offset) == *word)
    }

    /// The word at a place; nothing beyond the end.
    pub(super) fn word(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.word.as_str())
    }

    /// Places where a sequence of tokens stands, in code that ships or everywhere.
    pub(super) fn find(&self, words: &[&str], in_tests_too: bool) -> Vec<usize> {
        (0..self.tokens.len()).filter(|at| (in_tests_too || !self.tokens[*at].test) && self.reads(*at, words)).collect()
    }

    /// A breach for each place where one of these sequences stands.
    pub(super) fn refuse(&self, sequences: &[&[&str]], in_tests_too: bool) -> Vec<Breach> {
        let mut breaches = Vec::new();
        for words in sequences {
            breaches.extend(self.find(words, in_tests_too).into_iter().map(|at| self.breach(at, format!("names `{}`", words.concat()))));
        }
        breaches
    }

    pub(super) fn breach(&self, at: usize, what: String) -> Breach {
        Breach { line: self.tokens[at].line, what }
    }
}

/// Every Rust file of ours, read once.
pub(super) fn sources() -> &'static [Source] {
    static SOURCES: OnceLock<Vec<Source>> = OnceLock::new();
    SOURCES.get_or_init(read_sources)
}

fn read_sources() -> Vec<Source> {
    let mut paths = Vec::new();
    for folder in ["src", "models/src", "models/tests", "tests", "benches"] {
        walk(&root().join(folder), &mut paths);
    }
    let mut sources: Vec<Source> = paths
        .iter()
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .map(|path| Source::new(&relative(path), &fs::read_to_string(path).unwrap()))
        .collect();
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(sources.len() > 60, "the tree is found");
    sources
}

/// The text of a file of the repository.
pub(super) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|cause| panic!("{path}: {cause}"))
}

/// Every folder under a folder, from the root.
pub(super) fn folders(under: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(under)).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.push(relative(&path));
            found.extend(folders(&relative(&path)));
        }
    }
    found.sort();
    found
}

pub(super) fn exists(path: &str) -> bool {
    root().join(path).exists()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/")
}

fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, into) } else { into.push(path) }
    }
}

fn lex(text: &str, into: &mut Source) {
    let chars: Vec<char> = text.chars().collect();
    let (mut at, mut line) = (0, 1);
    let peek = |at: usize| chars.get(at).copied().unwrap_or('\0');
    while at < chars.len() {
        let start = at;
        let first_line = line;
        if let Some((open, hashes)) = text_start(&chars, at) {
            at = text_end(&chars, open, hashes);
            into.literals.push(Literal { text: folded(&chars[open..at]), line: first_line, test: false, before: into.tokens.len() });
        } else if peek(at) == '/' && peek(at + 1) == '/' {
            while at < chars.len() && chars[at] != '\n' {
                at += 1;
            }
        } else if peek(at) == '/' && peek(at + 1) == '*' {
            at = comment_end(&chars, at);
        } else if peek(at) == '\'' {
            at = quote_end(&chars, at);
        } else if peek(at).is_alphanumeric() || peek(at) == '_' {
            while peek(at).is_alphanumeric() || peek(at) == '_' {
                at += 1;
            }
            into.tokens.push(Token { word: chars[start..at].iter().collect(), line: first_line, test: false });
        } else if peek(at).is_whitespace() {
            at += 1;
        } else {
            at += if peek(at) == ':' && peek(at + 1) == ':' { 2 } else { 1 };
            into.tokens.push(Token { word: chars[start..at].iter().collect(), line: first_line, test: false });
        }
        line += chars[start..at].iter().filter(|sign| **sign == '\n').count();
    }
}

/// Where the text of a literal begins, and the hashes of a raw one (`None`: it knows escapes).
fn text_start(chars: &[char], at: usize) -> Option<(usize, Option<usize>)> {
    let inside_word = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
    let mut from = at;
    if !inside_word && matches!(chars[from], 'b' | 'c') {
        from += 1;
    }
    let raw = !inside_word && chars.get(from) == Some(&'r');
    let hashes = chars.get(from + 1..)?.iter().take_while(|sign| **sign == '#').count();
    if raw && chars.get(from + 1 + hashes) == Some(&'"') {
        return Some((from + 2 + hashes, Some(hashes)));
    }
    (chars.get(from) == Some(&'"')).then_some((from + 1, None))
}

fn text_end(chars: &[char], open: usize, hashes: Option<usize>) -> usize {
    let mut at = open;
    while at < chars.len() {
        match (chars[at], hashes) {
            ('\\', None) => at += 1,
            ('"', None) => return at + 1,
            ('"', Some(count)) if chars[at + 1..].iter().take(count).filter(|sign| **sign == '#').count() == count => {
                return at + 1 + count;
            }
            _ => {}
        }
        at += 1;
    }
    chars.len()
}

fn comment_end(chars: &[char], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0);
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (at, depth) = (at + 2, depth + 1),
            ('*', Some('/')) => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The end of a character, or of the quote of a lifetime.
fn quote_end(chars: &[char], at: usize) -> usize {
    if chars.get(at + 1) == Some(&'\\') {
        return chars.iter().skip(at + 3).position(|sign| *sign == '\'').map_or(chars.len(), |more| at + 4 + more);
    }
    if chars.get(at + 2) == Some(&'\'') { at + 3 } else { at + 1 }
}

fn folded(chars: &[char]) -> String {
    let text: String = chars.iter().collect();
    text.replace("\\\n", " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Marks the item behind each `#[cfg(test)]`.
fn mark_tests(tokens: &mut [Token]) {
    let guard = ["#", "[", "cfg", "(", "test", ")", "]"];
    let guarded = |at: usize| guard.iter().enumerate().all(|(more, word)| tokens.get(at + more).is_some_and(|token| token.word == *word));
    let starts: Vec<usize> = (0..tokens.len()).filter(|at| guarded(*at)).collect();
    for start in starts {
        let mut depth = 0;
        for token in tokens.iter_mut().skip(start) {
            token.test = true;
            match token.word.as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                ";" if depth == 0 => break,
                _ => continue,
            }
            if depth == 0 {
                break;
            }
        }
    }
}

#[test]
fn files_are_read_as_code() {
    let source = Source::new(
        "src/stock/mod.rs",
        "// crate::a\nuse crate::b; /* c /* d */ */ let x: &'static str = \"say \\\"e\\\" \\\n   twice\"; let y = '\\''; let z = br#\"f\"g\"#;\n\
         #[cfg(test)]\nmod tests { fn h() {} }\nfn i<'a>() -> char { '\"' }\n",
    );
    let words =
        |test: bool| source.tokens.iter().filter(|token| token.test == test).map(|token| token.word.as_str()).collect::<Vec<_>>().join(" ");
    assert_eq!(words(false), "use crate :: b ; let x : & static str = ; let y = ; let z = ; fn i < a > ( ) - > char { }");
    assert_eq!(words(true), "# [ cfg ( test ) ] mod tests { fn h ( ) { } }");
    let texts: Vec<&str> = source.literals.iter().map(|literal| literal.text.as_str()).collect();
    assert_eq!(texts, ["say \\\"e\\\" twice\"", "f\"g\"#"]);
    assert_eq!((source.tokens[0].line, source.literals[0].line), (2, 2));
    assert_eq!(source.tokens.last().unwrap().line, 6);
}
