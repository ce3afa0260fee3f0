//! A text of SQL, cut into its statements: a sharded database refuses a definition within a string of several.

/// The statements of a text for PostgreSQL, without their semicolons; quotes, dollar quotes and comments are respected
/// (not texts with backslashes, `E'…'`: none of ours needs them).
pub fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut from, mut at) = (0, 0);
    let mut is_empty = true;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let (length, is_comment) = token(rest);
        let token = rest.get(..length).unwrap_or(rest);
        if token == ";" {
            if !is_empty {
                parts.extend(text.get(from..at).map(str::trim));
            }
            (from, is_empty) = (at + length, true);
        } else if !is_comment && !token.trim().is_empty() {
            is_empty = false;
        }
        at += length;
    }
    if !is_empty {
        parts.extend(text.get(from..).map(str::trim));
    }
    parts
}

/// How long the first token of a text is, and whether it is a comment. What is not closed goes to the end.
fn token(text: &str) -> (usize, bool) {
    let until =
        |opening: usize, end: &str| text.get(opening..).and_then(|rest| rest.find(end)).map_or(text.len(), |at| opening + at + end.len());
    match text.as_bytes() {
        [b'-', b'-', ..] => (until(2, "\n"), true),
        [b'/', b'*', ..] => (until(2, "*/"), true),
        // A doubled quote ends one text and begins the next, which comes to the same.
        [b'\'', ..] => (until(1, "'"), false),
        [b'"', ..] => (until(1, "\""), false),
        [b'$', ..] => (dollar_quote(text).map_or(1, |quote| until(quote.len(), quote)), false),
        // A name may hold a dollar sign, which opens nothing.
        [first, ..] if first.is_ascii_alphanumeric() || *first == b'_' => {
            (text.find(|sign: char| !(sign.is_alphanumeric() || sign == '_' || sign == '$')).unwrap_or(text.len()), false)
        }
        _ => (text.chars().next().map_or(1, char::len_utf8), false),
    }
}

/// `$$` or `$name$` at the head of a text.
fn dollar_quote(text: &str) -> Option<&str> {
    let end = text.get(1..)?.find('$')? + 2;
    let name = text.get(1..end - 1)?;
    let is_name = name.chars().all(|sign| sign.is_alphanumeric() || sign == '_') && !name.starts_with(|sign: char| sign.is_ascii_digit());
    if is_name { text.get(..end) } else { None }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[track_caller]
    fn check(text: &str, want: &[&str]) {
        assert_eq!(split(text), want);
    }

    #[test]
    fn a_semicolon_ends_a_statement_only_where_it_is_one() {
        check("SELECT 1; SELECT 2", &["SELECT 1", "SELECT 2"]);
        check("SELECT ';''; ', \"a;b\"; SELECT 2;\n", &["SELECT ';''; ', \"a;b\"", "SELECT 2"]);
        check("-- a; b\nSELECT 1 /* ; */;\n-- the end;\n", &["-- a; b\nSELECT 1 /* ; */"]);
        check("DO $$ BEGIN x; END $$; SELECT 1", &["DO $$ BEGIN x; END $$", "SELECT 1"]);
        check("DO $a$ SELECT $$;$$; $a$;", &["DO $a$ SELECT $$;$$; $a$"]);
        check("SELECT $1, a$b; SELECT 'ü;'", &["SELECT $1, a$b", "SELECT 'ü;'"]);
        check(" ;; -- nothing\n ;", &[]);
        check("SELECT 'never closed; SELECT 2", &["SELECT 'never closed; SELECT 2"]);
    }
}
