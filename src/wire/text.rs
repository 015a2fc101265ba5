//! Text from the network, made safe to print: control characters are escaped, so that they can't control a terminal.
//!
//! Read first: nothing. It does not know what is printed where.

/// How much of a client's line an error message quotes, in bytes: the sentence around it must also fit into
/// [`MAX_REPLY_LINE`](crate::wire::MAX_REPLY_LINE).
const MAX_QUOTE: usize = 300;

/// Received bytes as one line of text that hides nothing. A line end is shown as `\r\n`, a byte that is not UTF-8 as
/// `\xff`. Control characters are escaped, and a backslash is doubled.
pub fn visible(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    push_visible(&mut shown, bytes);
    shown
}

fn push_visible(shown: &mut String, bytes: &[u8]) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let valid = match std::str::from_utf8(rest) {
            Ok(text) => text.len(),
            Err(error) => error.valid_up_to(),
        };
        let text = std::str::from_utf8(&rest[..valid]).unwrap_or_default();
        for (index, part) in text.split('\\').enumerate() {
            if index > 0 {
                shown.push_str(r"\\");
            }
            push_printable(shown, part);
        }
        rest = &rest[valid..];
        if let Some((byte, after)) = rest.split_first() {
            shown.push_str(&format!("\\x{byte:02x}"));
            rest = after;
        }
    }
}

/// The text with every character escaped that a terminal would obey instead of print: control characters, and the
/// invisible ones that change the direction of writing. Letters of all languages stay.
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    push_printable(&mut shown, text);
    shown
}

fn push_printable(shown: &mut String, text: &str) {
    for character in text.chars() {
        if character.is_ascii_graphic() || character == ' ' || character.is_alphanumeric() {
            shown.push(character);
        } else {
            // `escape_debug` escapes an accent at the beginning of a string. So a '-' is put before it, and dropped.
            shown.extend(String::from_iter(['-', character]).escape_debug().skip(1));
        }
    }
}

/// What a client sent, between quotation marks, visible and shortened.
pub fn quote(text: &str) -> String {
    let mut shown = String::new();
    push_quote(&mut shown, text);
    shown
}

/// The same, appended to a text.
pub fn push_quote(shown: &mut String, text: &str) {
    shown.push('\'');
    let start = shown.len();
    // More would be cut off, and could be megabytes. (A character has up to four bytes.)
    let beginning = &text[..boundary(text, MAX_QUOTE + 4)];
    push_visible(shown, beginning.as_bytes());
    if shown.len() - start > MAX_QUOTE {
        cut_at(shown, start + MAX_QUOTE);
        shown.push('…');
    }
    shown.push('\'');
}

/// Shortens the text to at most `limit` bytes, between two characters.
pub(crate) fn cut_at(text: &mut String, limit: usize) {
    text.truncate(boundary(text, limit));
}

/// The last place between two characters, up to `limit` bytes.
fn boundary(text: &str, limit: usize) -> usize {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_what_it_prints_stays() {
        assert_eq!(visible(b"LIST\r\n"), r"LIST\r\n");
        assert_eq!(visible(b"a\\b\x1b[2J\xff"), r"a\\b\u{1b}[2J\xff");
        assert_eq!(quote("a\nb"), r"'a\nb'");
        for long in ["x".repeat(MAX_QUOTE + 1), "é".repeat(MAX_QUOTE), "\u{202e}".repeat(1000)] {
            assert!(quote(&long).ends_with("…'") && quote(&long).len() <= MAX_QUOTE + 5, "{}", quote(&long));
        }
        assert!(!quote(&"x".repeat(MAX_QUOTE)).contains('…'));
        assert_eq!(printable("d\u{e9}ja\u{300} \u{202e}x\u{9b}"), "d\u{e9}ja\u{300} \\u{202e}x\\u{9b}");
    }
}
