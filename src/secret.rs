//! A value that is never printed: the only type that holds opened secrets.

use std::fmt;

use zeroize::Zeroizing;

/// A secret's text, wiped from memory on drop.
///
/// It has no `Display`, no `Serialize` and no `Clone`, and its `Debug` is a constant, so that a value can leave
/// only through [`Secret::expose`], which is easy to search for.
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes ownership of `text`; the buffer itself is wiped later, not a copy of it.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself. Never pass it to anything that prints, logs or reports.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Display;
    use std::marker::PhantomData;

    use serde::Serialize;

    use super::Secret;

    /// `IS` is the inherent constant where the bound holds, else the one of this trait.
    trait Absent {
        const IS: bool = false;
    }

    struct Cloned<T>(PhantomData<T>);
    struct Displayed<T>(PhantomData<T>);
    struct Serialized<T>(PhantomData<T>);
    struct Dereferenced<T>(PhantomData<T>);

    impl<T> Absent for Cloned<T> {}
    impl<T> Absent for Displayed<T> {}
    impl<T> Absent for Serialized<T> {}
    impl<T> Absent for Dereferenced<T> {}

    impl<T: Clone> Cloned<T> {
        const IS: bool = true;
    }
    impl<T: Display> Displayed<T> {
        const IS: bool = true;
    }
    impl<T: Serialize> Serialized<T> {
        const IS: bool = true;
    }
    impl<T: std::ops::Deref<Target = str>> Dereferenced<T> {
        const IS: bool = true;
    }

    #[test]
    fn nothing_lets_the_text_out_by_accident() {
        let of_strings =
            [Cloned::<String>::IS, Displayed::<String>::IS, Serialized::<String>::IS, Dereferenced::<String>::IS];
        assert_eq!(of_strings, [true; 4]);
        let of_secrets =
            [Cloned::<Secret>::IS, Displayed::<Secret>::IS, Serialized::<Secret>::IS, Dereferenced::<Secret>::IS];
        assert_eq!(of_secrets, [false; 4]);
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::new("canary".to_owned())), "Secret");
    }
}
