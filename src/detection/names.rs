//! What a key's name tells about its value.

mod lists;

use std::cell::RefCell;

use foldhash::HashMap;

use self::lists::{
    ABOUT_A_SECRET, ASKS, ASKS_OF_TEXTS, CIPHERS, ENDS, FILES, HOLDERS, KEYS, KEYS_IN_ONE, MEASURES, OPENS_NOTHING,
    PERHAPS, PUBLIC, SECRET, SECRET_PAIRS, SWITCHES, TEXTS, TEXTS_OF_ANY_KIND, WORDS_OF_THEIR_OWN,
};
use super::tokens::known_token;

/// Whether a key's name says that its value is a secret: `DB_PASSWORD`, `stripeApiKey`; also where it does so less clearly,
/// as `DB_AUTH` does.
#[must_use]
pub fn names_secret(key: &str) -> bool {
    match said_by(key) {
        Said::Surely => true,
        Said::Perhaps => words(key).last().is_some_and(|last| is(PERHAPS, last)),
        Said::Nothing => false,
    }
}

/// Whether a key's name says so clearly.
#[must_use]
pub fn names_secret_surely(key: &str) -> bool {
    said_by(key) == Said::Surely
}

/// What a name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    Nothing,
    /// It may be the secret, or the name of the way to prove who one is: `BASIC_AUTH`.
    Perhaps,
    Surely,
}

pub(super) fn said_by(key: &str) -> Said {
    thread_local! {
        /// Every environment, every member of a workspace and several checks ask about the same few names.
        static KNOWN: RefCell<HashMap<Box<str>, Said>> = RefCell::default();
    }
    const MOST: usize = 1024;
    if !holds_sign(key) {
        return Said::Nothing;
    }
    KNOWN.with_borrow_mut(|known| {
        if let Some(said) = known.get(key) {
            return *said;
        }
        let said = said_by_words(key);
        if known.len() < MOST {
            known.insert(key.into(), said);
        }
        said
    })
}

fn said_by_words(key: &str) -> Said {
    if is(FILES, key) {
        return Said::Nothing;
    }
    let (mut surely, mut perhaps, mut public, mut holds, mut before, mut last) = (false, false, false, false, "", "");
    let mut ciphers = false;
    for word in words(key) {
        let pair =
            |[first, second]: &[&str; 2]| first.eq_ignore_ascii_case(before) && second.eq_ignore_ascii_case(word);
        let key = grew_together(word, KEYS_IN_ONE) || KEYS.iter().any(pair);
        // `K8S_SECRET` names an object of a cluster.
        let object = holds && is(&["secret", "secrets"], word);
        // `NEXT_PUBLIC_MAPBOX_TOKEN` is given to every browser.
        let given_away = public && is(&["token", "tokens"], word);
        surely |=
            is(SECRET, word) && !object && !given_away || grew_together(word, ENDS) || SECRET_PAIRS.iter().any(pair);
        // `ENCRYPTION_SECONDARY_KEY`
        ciphers |= is(CIPHERS, word);
        surely |= (key || ciphers && is(&["key", "keys"], word)) && !public
            || is(&["pass", "pw"], word) && !before.is_empty();
        perhaps |= is(PERHAPS, word) || object;
        public |= is(PUBLIC, word);
        // The case turns within `K8S`.
        holds = is(HOLDERS, word) || word == "S" && before == "K8";
        (before, last) = (word, word);
    }
    surely |= is(&["pass", "pw"], last);
    match (surely, perhaps) {
        // `SHOW_PASSWORD`, `NEXT_PUBLIC_DISABLE_PASSWORD_LOGIN`
        _ if words(key).any(|word| is(SWITCHES, word)) || words(key).next().is_some_and(|word| is(ASKS, word)) => {
            Said::Nothing
        }
        // Most names say nothing, and every value is asked about its name: so the long list comes last.
        (false, false) => Said::Nothing,
        _ if is_about(last) => Said::Nothing,
        (true, _) => Said::Surely,
        _ => Said::Perhaps,
    }
}

/// Whether a key's name says that its value is a password, which people choose, and may be a number or a common word.
pub(super) fn names_password(key: &str) -> bool {
    const PASSWORDS: &[&str] = &["pass", "passphrase", "passwd", "password", "pw", "pwd"];
    let says = |word: &str| is(PASSWORDS, word) || grew_together(word, &["pass", "passwd", "password", "pwd"]);
    words(key).any(says) && said_by(key) == Said::Surely
}

fn is(list: &[&str], word: &str) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// Whether one of the words of a name is `word`.
pub(super) fn has_word(key: &str, word: &str) -> bool {
    words(key).any(|found| found.eq_ignore_ascii_case(word))
}

/// Whether a name says that its value is about a secret, or is one for everybody: `KEY_ID`, `SITE_KEY`.
pub(super) fn is_about_or_public(key: &str) -> bool {
    words(key).any(|word| is(PUBLIC, word)) || words(key).last().is_some_and(is_about)
}

/// Whether the last word of a name says that its value is a number or the name of a machine: `API_PORT`, `DB_HOST`.
pub(super) fn is_measure(key: &str) -> bool {
    words(key).last().is_some_and(|last| is(MEASURES, last))
}

/// Whether a last word turns a name into something about a secret.
fn is_about(last: &str) -> bool {
    is(TEXTS, last) || is(ABOUT_A_SECRET, last)
}

/// Whether the last word of a name says that its value is a text, and none that something is on: `LDAP_BASE_DN`, but not
/// `VERIFY_HOST`.
#[must_use]
pub fn names_a_text(key: &str) -> bool {
    let asks = |word: &str| [SWITCHES, ASKS, ASKS_OF_TEXTS].iter().any(|list| is(list, word));
    !words(key).any(asks) && words(key).last().is_some_and(|last| is(TEXTS, last) || is(TEXTS_OF_ANY_KIND, last))
}

/// Whether a name calls its value some key, and none of those that open nothing: `MEILISEARCH_KEY`, but not `CACHE_KEY`.
#[must_use]
pub fn names_some_key(key: &str) -> bool {
    words(key).last().is_some_and(|last| is(&["key", "keys"], last))
        && !words(key).any(|word| is(PUBLIC, word) || is(OPENS_NOTHING, word))
}

/// Whether `key` may be told: a name of bearable length, not a line of a key file that was read as one.
#[must_use]
pub fn is_plausible_name(key: &str) -> bool {
    let name = key.chars().all(|character| character.is_alphanumeric() || "_-.[]".contains(character));
    let has = |is: fn(&u8) -> bool| key.as_bytes().iter().any(is);
    let blob = key.len() >= 32 && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    name && !blob && key.len() <= 128 && known_token(key).is_none()
}

/// Whether a word is one of those that grew together: `PGPASSWORD`, `DBPASS`.
fn grew_together(word: &str, ends: &[&str]) -> bool {
    let ends_in = |end: &&str| {
        // A key is one alone, too; `PASS_THROUGH` has nothing that it grew together with.
        let at = word.len().checked_sub(end.len()).filter(|at| *at > 0 || end.ends_with("key"));
        at.and_then(|at| word.get(at..)).is_some_and(|found| found.eq_ignore_ascii_case(end))
    };
    ends.iter().any(ends_in) && !is(WORDS_OF_THEIR_OWN, word)
}

/// Whether a name holds what one of the words that say something begins with; one without any needs no closer look. By the
/// first letter, because this is asked of every key and says no to most.
fn holds_sign(key: &str) -> bool {
    key.as_bytes().windows(2).enumerate().any(|(at, pair)| {
        if BEGINS[usize::from(pair[0])] & 1 << (pair[1] & 31) == 0 {
            return false;
        }
        let begins = |sign: &str| key.get(at..at + sign.len()).is_some_and(|found| found.eq_ignore_ascii_case(sign));
        SIGNS.iter().any(|sign| begins(sign))
    })
}

const SIGNS: [&str; 8] = ["auth", "cred", "key", "pa", "pw", "salt", "secret", "tok"];

/// For each byte that begins a sign, the bytes that follow it there, as a set of their lowest five bits, which for letters
/// are the same in either case: few names have any such pair but in the words that count.
static BEGINS: [u32; 256] = {
    let mut begins = [0; 256];
    let mut at = 0;
    while at < SIGNS.len() {
        let sign = SIGNS[at].as_bytes();
        begins[sign[0] as usize] |= 1 << (sign[1] & 31);
        begins[sign[0].to_ascii_uppercase() as usize] |= 1 << (sign[1] & 31);
        at += 1;
    }
    begins
};

/// The words of a name: split at `_`, `-`, `.` and where camel case turns; `PASSWORD2` is one more password.
fn words(key: &str) -> impl Iterator<Item = &str> {
    key.split(['_', '-', '.']).filter(|part| !part.is_empty()).flat_map(|part| {
        let mut rest = part;
        std::iter::from_fn(move || {
            let turns = |pair: &[u8]| {
                (pair[0].is_ascii_lowercase() || pair[0].is_ascii_digit()) && pair[1].is_ascii_uppercase()
            };
            let end = rest.as_bytes().windows(2).position(turns).map_or(rest.len(), |at| at + 1);
            let (word, after) = rest.split_at(end);
            rest = after;
            let unnumbered = word.trim_end_matches(|character: char| character.is_ascii_digit());
            let numbered = rest.is_empty() && !unnumbered.is_empty();
            (!word.is_empty()).then_some(if numbered { unnumbered } else { word })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_its_sign() {
        let pairs = KEYS.iter().chain(SECRET_PAIRS).map(|pair| pair.concat());
        let words = [SECRET, ENDS, KEYS_IN_ONE, PERHAPS, &["pass", "pw"]].concat().into_iter().map(str::to_owned);
        for word in words.chain(pairs) {
            assert!(holds_sign(&word) && holds_sign(&word.to_ascii_uppercase()), "{word}");
        }
    }

    #[test]
    fn names() {
        for key in [
            "DB_PASSWORD",
            "API_KEY",
            "stripeApiKey",
            "JWT_SECRET",
            "SECRET_KEY_BASE",
            "GITHUB_TOKEN",
            "pw",
            "PGPASSWORD",
            "SITE_PASSWORD",
            "NEXT_PUBLIC_SECRET",
            "mysqlpassword",
            "PUBLIC_SITE_SECRET_KEY",
            "API_KEY_PUBLIC",
            "DBPASS",
            "DBPASSWD",
            "SSHPASS",
            "APITOKEN",
            "CLIENTSECRET",
            "DB_PASS_RW",
            "DB_PASSWORD_RO",
            "AUTH_TOKEN_OLD",
            "DB_AUTH",
            "DB_PASSWORD2",
            "API_KEY1",
            "adminToken3",
            "NEXT_PRIVATE_ENCRYPTION_SECONDARY_KEY",
            "ENCRYPTION_KEY",
            "SIGNING_KEYS",
            "AZURE_ACCOUNT_KEY",
            "ALGOLIA_ADMIN_KEY",
        ] {
            assert!(names_secret(key), "{key}");
        }
        for key in [
            "TOKEN_TTL",
            "PASSWORD_MIN_LENGTH",
            "AUTH_URL",
            "PUBLIC_API_KEY",
            "NEXT_PUBLIC_APIKEY",
            "NEXT_PUBLIC_MAPBOX_TOKEN",
            "PUBLIC_TOKEN",
            "PGPASSWORD_FILE",
            "KEYBOARD",
            "AUTHOR",
            "PASSENGER",
            "STRIPE_PUBLISHABLE_KEY",
            "AUTH_DESCRIPTION",
            "SECRET_NAME",
            "SECRET_STORE",
            "PASSWORD_REGEX",
            "PASSWORD_HASHER",
            "PASSWORD_EXPIRES_IN",
            "PASS_THROUGH_HEADERS",
            "BYPASS",
            "COMPASS",
            "AUTH_STRATEGY",
            "SHOW_PASSWORD",
            "USE_TOKEN_AUTH",
            "NEXT_PUBLIC_DISABLE_EMAIL_PASSWORD_SIGNUP",
            "AUTH_GOOGLE_ID_TOKEN_SIGNED_RESPONSE_ALG",
            "ENCRYPTION_PUBLIC_KEY",
            "ENCRYPTION_KEY_ID",
            "ENCRYPTION_MODE",
            "CACHE_KEY",
            "REFRESH_TOKEN_COOKIE",
            "API_PUBKEY",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "",
            "_",
        ] {
            assert!(!names_secret(key), "{key}");
        }
    }

    #[test]
    fn names_of_texts() {
        for (key, expected) in [
            ("LDAP_BASE_DN", true),
            ("LDAP_SERVER", true),
            ("SMTP_PASSWORD", true),
            ("VERIFY_HOST", false),
            ("ENABLE_HOST", false),
            ("TOKEN_TTL", false),
            ("DEBUG", false),
        ] {
            assert_eq!(names_a_text(key), expected, "{key}");
        }
    }

    #[test]
    fn how_much_a_name_says() {
        for (key, surely, password) in [
            ("DB_PASSWORD", true, true),
            ("DBPASS", true, true),
            ("PASSWORD_RESET_URL", false, false),
            ("API_TOKEN", true, false),
            ("BASIC_AUTH", false, false),
            ("DB_AUTH", false, false),
            ("K8S_SECRET", false, false),
            ("K8S_TOKEN", true, false),
            ("PASSWORD_SALT", true, true),
            ("AUTH", false, false),
        ] {
            assert_eq!((names_secret_surely(key), names_password(key)), (surely, password), "{key}");
        }
    }
}
