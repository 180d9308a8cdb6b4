//! Values are struck from the record when they changed, and only then.

use super::*;
use crate::identity::{Identities, Recipient, generate};
use crate::stores::{self, Order, Previous};

const PATH: &str = "environments/prod.secrets.env";

struct Person(Identities, [Recipient; 1]);

fn person() -> Person {
    let (file, public) = generate();
    let mut identities = Identities::default();
    identities.add("test", &file);
    Person(identities, [public.parse().unwrap()])
}

fn seal(text: &Secret, person: &Person, new_key: bool, previous: Option<&str>) -> String {
    let previous = previous.map(|text| Previous { bytes: text.as_bytes(), identities: &person.0 });
    let order = Order { recipients: &person.1, time: "2026-12-01T10:20:30Z", new_key, anew: None, previous };
    (stores::of(PATH).unwrap().seal)(text, &order).unwrap()
}

fn names(record: &Revocations, bytes: &str) -> String {
    let unchanged = record.unchanged(PATH, &traces(bytes.as_bytes()));
    unchanged.iter().map(|one| one.key.as_deref().unwrap_or("*")).collect::<Vec<_>>().join(" ")
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn version<'a>(plain: &'a Secret, text: &'a str) -> Version<'a> {
    Version { plain, bytes: text.as_bytes() }
}

#[test]
fn a_value_is_struck_when_it_changed() {
    let person = person();
    let texts = ["A=1\nB=1\n", "A=1\nB=1\n", "A=2\nB=1\n", "A=2\nB=1\nC=1\n", "A=2\nB=1\n", "B=2\n"].map(secret);
    let mut sealed = seal(&texts[0], &person, false, None);
    let mut record = Revocations::default();
    record.add(PATH, version(&texts[0], &sealed), "gone", &person.1);
    // Revoked, set, set, rotated, removed and set.
    for (index, (new_key, expected)) in
        [(true, "A B"), (false, "B"), (false, "B"), (true, "B"), (false, "")].into_iter().enumerate()
    {
        let next = seal(&texts[index + 1], &person, new_key, Some(&sealed));
        record.settle(PATH, version(&texts[index], &sealed), version(&texts[index + 1], &next), &person.1);
        assert_eq!(names(&record, &next), expected, "{index}");
        sealed = next;
    }
    assert_eq!(record, Revocations::default());
}

#[test]
fn without_a_key_only_the_same_data_key_proves_a_change() {
    let person = person();
    let (before, after) = (secret("A=1\nB=1\n"), secret("A=2\nB=1\n"));
    let sealed = seal(&before, &person, false, None);
    let mut record = Revocations::default();
    record.add(PATH, version(&before, &sealed), "gone", &person.1);
    assert_eq!(names(&record, &sealed), "A B");
    // As plain SOPS edits and rotates, which know nothing of the record.
    let edited = seal(&after, &person, false, Some(&sealed));
    assert_eq!(names(&record, &edited), "B");
    let rotated = seal(&after, &person, true, Some(&edited));
    assert_eq!(names(&record, &rotated), "A B");
    // Once sparkcfg itself seals anew, it keeps what was proven.
    assert!(record.settle(PATH, version(&after, &edited), version(&after, &rotated), &person.1));
    assert_eq!(names(&record, &rotated), "B");
}

#[test]
fn the_record_is_read_as_it_was_written() {
    let person = person();
    let plain = secret("A=1\nB=canary\n");
    let sealed = seal(&plain, &person, false, None);
    let mut record = Revocations::default();
    record.add(PATH, version(&plain, &sealed), "one", &person.1);
    record.add(PATH, version(&plain, &sealed), "t\"w\no", &person.1);
    record.add("prod.secrets.env.age", version(&plain, ""), "one", &person.1);
    let text = record.text();
    let mut read = Revocations::parse(NAME, &text).unwrap();
    assert_eq!(read.text(), text);
    assert!(!text.contains("canary"));
    read.0.values_mut().for_each(|pending| pending.reveal(&person.0, b""));
    record.0.values_mut().for_each(|pending| pending.reveal(&person.0, b""));
    assert_eq!(read, record, "{text}");
    let error = Revocations::parse(NAME, "[\"x\"]\nvalus = 1\n").unwrap_err();
    assert_eq!(error.place.as_deref(), Some("sparkcfg-revoked.toml:2:1"));
    assert_eq!(Revocations::parse(NAME, "").unwrap(), Revocations::default());
}

/// A whole file shows no names, so the record shows none either; each value is struck all the same.
#[test]
fn values_of_a_whole_file_are_struck_one_by_one() {
    const WHOLE: &str = "prod.secrets.env.age";
    let (person, stranger) = (self::person(), self::person());
    let texts = ["A=1\nB=1\n", "A=2\nB=1\n", "A=2\nB=2\n"].map(secret);
    // What is left, told with one version of the file at hand.
    let left_in = |record: &Revocations, identities: &Identities, there: &str| {
        let text = record.text();
        assert!(!text.contains("values.") && !text.contains("\"A"), "{text}");
        let mut record = Revocations::parse(NAME, &text).unwrap();
        record.0.values_mut().for_each(|pending| pending.reveal(identities, there.as_bytes()));
        let names = record.unchanged(WHOLE, &Traces::default());
        let names = names.iter().map(|one| format!("{} {}", one.key.as_deref().unwrap_or("*"), one.readers.join("+")));
        names.collect::<Vec<_>>().join(", ")
    };
    let left = |record: &Revocations| left_in(record, &person.0, "");
    let mut record = Revocations::default();
    record.add(WHOLE, version(&texts[0], "zero"), "ben", &person.1);
    assert_eq!(left(&record), "A ben, B ben");
    assert_eq!(left_in(&record, &stranger.0, ""), "* ben");
    // Somebody who can open the names again, or has them still, strikes what changed.
    for reads_again in [true, false] {
        let mut record = record.clone();
        if reads_again {
            record = Revocations::parse(NAME, &record.text()).unwrap();
            record.0.values_mut().for_each(|pending| pending.reveal(&person.0, b"zero"));
        }
        assert!(record.settle(WHOLE, version(&texts[0], "zero"), version(&texts[1], "first"), &person.1));
        assert_eq!(left(&record), "B ben");
        record.add(WHOLE, version(&texts[1], "first"), "eve", &person.1);
        assert_eq!(left(&record), "A eve, B ben+eve");
        let (mut one, mut two) = (record.clone(), record.clone());
        assert!(one.settle(WHOLE, version(&texts[1], "first"), version(&texts[2], "one"), &person.1));
        assert_eq!(left(&one), "A eve");
        assert_eq!(left(&Revocations::merged(&record, &one, &record)), "A eve");
        assert!(two.settle(WHOLE, version(&texts[1], "first"), version(&secret("A=3\nB=1\n"), "two"), &person.1));
        // Both branches struck something. Which of the two it is tells the file; nothing is forgotten.
        for merged in [Revocations::merged(&record, &one, &two), Revocations::merged(&record, &two, &one)] {
            assert_eq!(left_in(&merged, &person.0, "one"), "A eve");
            assert_eq!(left_in(&merged, &person.0, "two"), "B ben+eve");
            assert_eq!(left(&merged), "A eve, B ben+eve");
        }
        // Somebody else who lost access on the other branch is not forgotten either.
        let mut other = two.clone();
        other.add(WHOLE, version(&texts[1], "two"), "zoe", &person.1);
        let merged = Revocations::merged(&record, &one, &other);
        assert_eq!(left_in(&merged, &person.0, "one"), "A eve+zoe, B zoe");
        assert!(one.settle(WHOLE, version(&texts[2], "one"), version(&secret("A=9\nB=2\n"), "end"), &person.1));
        assert_eq!(one, Revocations::default());
        // A value that is gone is not told of; one that comes back may be the same.
        let gone = secret("A=3\n");
        assert!(two.settle(WHOLE, version(&texts[1], "two"), version(&gone, "gone"), &person.1));
        assert_eq!(left_in(&two, &stranger.0, "gone"), "");
        assert!(two.settle(WHOLE, version(&gone, "gone"), version(&secret("A=3\nB=1\n"), "back"), &person.1));
        assert_eq!(left(&two), "B ben+eve");
    }
    // Without the names, all of it counts until it changed.
    let mut forgotten = Revocations::parse(NAME, &record.text()).unwrap();
    assert!(forgotten.settle(WHOLE, version(&texts[0], "zero"), version(&texts[1], "first"), &person.1));
    assert_eq!(left(&forgotten), "B ben");
    // As many unnamed readers as are on record already are no others.
    let before = record.clone();
    record.add_unnamed(WHOLE, version(&texts[0], "zero"), 1, &person.1);
    assert_eq!(left(&record), left(&before));
    record.add_unnamed(WHOLE, version(&texts[0], "zero"), 2, &person.1);
    assert_eq!(left(&record), "A a recipient without a name+ben, B a recipient without a name+ben");
}
