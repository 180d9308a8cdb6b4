//! Age keys as people hand them over: identities that open sealed files, recipients that files are sealed for.

mod recipient;

use std::fmt;
use std::str::FromStr;

use zeroize::Zeroizing;

pub use recipient::{Recipient, RecipientKind};

/// The identities of a run, and every place where one was looked for.
#[derive(Default)]
pub struct Identities {
    keys: Vec<Key>,
    public: Vec<String>,
    places: Vec<String>,
    /// Whether the run is for somebody who is to get none.
    is_withheld: bool,
    /// What is not to be started before somebody allows it.
    plugins: Vec<plugin::Waiting>,
}

type Key = Box<dyn age::Identity + Send + Sync>;

/// Whether an environment variable of this name holds what opens secrets, or says where it is: `SOPS_AGE_KEY`,
/// `SPARKCFG_AGE_KEY_FILE`, `DEPLOY_AGE_KEY`.
#[must_use]
pub fn is_identity_variable(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    name.starts_with("SPARKCFG_AGE_") || name.starts_with("SOPS_AGE_") || name.contains("_AGE_KEY")
}

/// Why a part of a key file is no usable identity. It never quotes the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFault {
    /// The place, as given to [`Identities::add`].
    pub place: String,
    /// 1-based line within that place.
    pub line: usize,
    /// What is wrong, in lower case.
    pub message: &'static str,
    /// What to do.
    pub help: &'static str,
}

impl Identities {
    /// Takes over every identity in `text`: one or more keys, parted by blanks or line ends, with `#` comments, or
    /// one SSH private key (with the cargo feature `ssh`). What cannot be used is returned; the rest still counts.
    ///
    /// `place` is what users know it by: `SOPS_AGE_KEY_FILE`, `--identity keys.txt`.
    pub fn add(&mut self, place: &str, text: &str) -> Vec<KeyFault> {
        self.places.push(place.to_owned());
        let fault = |line, (message, help)| KeyFault { place: place.to_owned(), line, message, help };
        let start = text.trim_start();
        if start.starts_with("-----BEGIN AGE ENCRYPTED FILE-----") || start.starts_with("age-encryption.org/") {
            return vec![fault(1, ENCRYPTED_KEY_FILE)];
        }
        if start.starts_with("-----BEGIN ") {
            return match ssh::identity(start) {
                Ok(key) => {
                    self.keys.push(key);
                    Vec::new()
                }
                Err(why) => vec![fault(1, why)],
            };
        }
        let mut faults = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim_start_matches('\u{feff}').trim_start();
            if line.starts_with('#') {
                continue;
            }
            if is_ssh_public(line) {
                faults.push(fault(index + 1, SSH_PUBLIC_KEY));
                continue;
            }
            for word in line.split_whitespace() {
                if is_plugin(word) {
                    match plugin::identity(word) {
                        Ok(waiting) => self.plugins.push(waiting),
                        Err(why) => faults.push(fault(index + 1, why)),
                    }
                    continue;
                }
                match native(word) {
                    Ok((key, public)) => {
                        self.keys.push(key);
                        self.public.push(public);
                    }
                    Err(why) => faults.push(fault(index + 1, why)),
                }
            }
        }
        faults
    }

    /// Lets plugins open files, for the plugin identities that were added so far (with the cargo feature `plugin`).
    /// Without it none is ever started.
    ///
    /// # Errors
    /// A plugin that is not installed, by the name of its program.
    pub fn allow_plugins(&mut self) -> Result<(), String> {
        for waiting in std::mem::take(&mut self.plugins) {
            self.keys.push(plugin::allowed(waiting)?);
        }
        Ok(())
    }

    /// Remembers a place that held nothing, so that messages can name it.
    pub fn tried(&mut self, place: &str) {
        self.places.push(place.to_owned());
    }

    /// Says that no identity of whoever runs this is used, as for a change that somebody without access proposes.
    pub fn withhold(&mut self) {
        self.is_withheld = true;
    }

    /// Whether identities are withheld from this run.
    #[must_use]
    pub fn is_withheld(&self) -> bool {
        self.is_withheld
    }

    /// Whether there is no identity at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// How many identities there are, those of plugins that were not started yet among them.
    #[must_use]
    pub fn count(&self) -> usize {
        self.keys.len() + self.plugins.len()
    }

    /// Every place that was looked at, in order.
    #[must_use]
    pub fn places(&self) -> &[String] {
        &self.places
    }

    /// What an advice about a lack of identities ends with: `; looked for identities in: --identity, SOPS_AGE_KEY`. Nothing where
    /// none was looked for.
    #[must_use]
    pub fn looked(&self) -> String {
        if self.is_withheld || self.places.is_empty() {
            return String::new();
        }
        format!("; looked for identities in: {}", self.places.join(", "))
    }

    /// The public keys of the age identities, in the order in which they were added; SSH keys are not among them.
    #[must_use]
    pub fn public_keys(&self) -> &[String] {
        &self.public
    }

    /// The identities in the form that the age library wants.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &dyn age::Identity> {
        self.keys.iter().map(|key| &**key as &dyn age::Identity)
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Identities").field("places", &self.places).finish_non_exhaustive()
    }
}

type Refusal = (&'static str, &'static str);

const ENCRYPTED_KEY_FILE: Refusal = (
    "the key file is encrypted with a passphrase, which is not supported",
    "decrypt it with `age --decrypt` and hand the identity over in SOPS_AGE_KEY",
);

const SSH_PUBLIC_KEY: Refusal = (
    "this is an SSH public key, which opens nothing",
    if cfg!(feature = "ssh") {
        "give the private key: the file of the same name without .pub"
    } else {
        "give an age identity, which begins with AGE-SECRET-KEY-1; `sparkcfg secrets init` makes one if you have none"
    },
);

const PUBLIC_KEY: Refusal = (
    "this is a public key, which opens nothing",
    "give the identity that belongs to it, which begins with AGE-SECRET-KEY-1",
);

const CUT_OFF: Refusal = (
    "this age identity is cut off or changed: its checksum does not fit",
    "copy it anew, all 74 characters of it; without it, `sparkcfg secrets init` makes another one, to be granted access",
);

/// Whether a line is the public half of an SSH key: `ssh-ed25519 AAAA… me@laptop`.
fn is_ssh_public(line: &str) -> bool {
    let kind = line.split_whitespace().next().unwrap_or_default();
    kind.starts_with("ssh-") || kind.starts_with("ecdsa-sha2-") || kind.starts_with("sk-")
}

/// A new identity as a key file holds it, and its public key.
#[must_use]
pub fn generate() -> (Zeroizing<String>, String) {
    use age::secrecy::ExposeSecret;
    let key = age::x25519::Identity::generate();
    let public = key.to_public().to_string();
    let text = key.to_string();
    // Sized beforehand, so that no outgrown buffer keeps a copy of the key.
    let mut file = Zeroizing::new(String::with_capacity(256));
    file.extend(["# public key: ", &public, "\n", text.expose_secret(), "\n"]);
    (file, public)
}

fn is_plugin(word: &str) -> bool {
    word.get(..11).is_some_and(|start| start.eq_ignore_ascii_case("AGE-PLUGIN-"))
}

fn native(word: &str) -> Result<(Key, String), Refusal> {
    let upper = word.get(..16).unwrap_or(word).to_ascii_uppercase();
    if upper.starts_with("AGE-SECRET-KEY-P") {
        let help = "use an identity that begins with AGE-SECRET-KEY-1, as `age-keygen` writes it";
        return Err(("a post-quantum identity is not supported", help));
    }
    let key = age::x25519::Identity::from_str(word).map_err(|_| match upper.as_str() {
        start if start.starts_with("AGE-SECRET-KEY") => CUT_OFF,
        _ if word.starts_with("age1") => PUBLIC_KEY,
        _ => ("not an age identity", "an identity begins with AGE-SECRET-KEY-1; `age-keygen` makes one"),
    })?;
    let public = key.to_public().to_string();
    Ok((Box::new(key), public))
}

#[cfg(feature = "plugin")]
mod plugin {
    use age::NoCallbacks;
    use age::plugin::{IdentityPluginV1, RecipientPluginV1};

    use super::recipient::Native;
    use super::{Key, Recipient, Refusal};

    pub(super) type Waiting = age::plugin::Identity;

    pub(super) fn identity(word: &str) -> Result<Waiting, Refusal> {
        word.parse()
            .map_err(|_| ("not a plugin identity: is it cut off?", "make it anew with the plugin's own program"))
    }

    pub(super) fn allowed(waiting: Waiting) -> Result<Key, String> {
        let name = waiting.plugin().to_owned();
        match IdentityPluginV1::new(&name, &[waiting], NoCallbacks) {
            Ok(key) => Ok(Box::new(key)),
            Err(_) => Err(format!("age-plugin-{name}")),
        }
    }

    pub(super) fn recipient(text: &str) -> Result<Recipient, &'static str> {
        let key = text.parse().map_err(|_| "not a plugin recipient: its checksum does not fit, is it cut off?")?;
        Ok(Recipient { name: text.to_owned(), key: Native::Plugin(key) })
    }

    pub(super) fn sealing(key: &age::plugin::Recipient) -> Result<Box<dyn age::Recipient>, &'static str> {
        match RecipientPluginV1::new(key.plugin(), std::slice::from_ref(key), &[], NoCallbacks) {
            Ok(key) => Ok(Box::new(key)),
            Err(_) => Err("the plugin of a recipient is not installed"),
        }
    }
}

#[cfg(not(feature = "plugin"))]
mod plugin {
    use super::{Key, Recipient, Refusal};

    /// There is none.
    pub(super) enum Waiting {}

    pub(super) fn identity(_: &str) -> Result<Waiting, Refusal> {
        let help = "use an identity that begins with AGE-SECRET-KEY-1, or build sparkcfg with `--features plugin`";
        Err(("plugin identities are not supported in this build", help))
    }

    #[expect(clippy::needless_pass_by_value, reason = "as with plugins")]
    pub(super) fn allowed(waiting: Waiting) -> Result<Key, String> {
        match waiting {}
    }

    pub(super) fn recipient(_: &str) -> Result<Recipient, &'static str> {
        Err("plugin recipients are not supported in this build; build sparkcfg with `--features plugin`")
    }
}

#[cfg(feature = "ssh")]
mod ssh {
    use super::recipient::Native;
    use super::{Key, Recipient, Refusal};

    pub(super) fn identity(text: &str) -> Result<Key, Refusal> {
        use age::ssh::Identity;
        match Identity::from_buffer(text.as_bytes(), None) {
            Ok(key @ Identity::Unencrypted(_)) => Ok(Box::new(key)),
            Ok(Identity::Encrypted(_)) => Err((
                "the SSH key has a passphrase, which is not supported",
                "use a key without one, or an age identity",
            )),
            Ok(Identity::Unsupported(_)) => {
                Err(("this kind of SSH key is not supported", "use an ssh-ed25519 or ssh-rsa key, or an age identity"))
            }
            Err(_) => Err((
                "this SSH private key is cut off or changed",
                "copy the file anew, from its first line with BEGIN to its last one with END",
            )),
        }
    }

    pub(super) fn recipient(text: &str) -> Result<Recipient, &'static str> {
        let key = text.parse().map_err(|_| "not an SSH public key that age can use: is it cut off?")?;
        // Files hold the key without its comment, as age and SOPS write it.
        let name = text.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        Ok(Recipient { name, key: Native::Ssh(key) })
    }
}

#[cfg(not(feature = "ssh"))]
mod ssh {
    use super::{Key, Recipient, Refusal};

    pub(super) fn identity(_: &str) -> Result<Key, Refusal> {
        let help = "use an age identity, or build sparkcfg with `--features ssh`, which brings the crate rsa along (RUSTSEC-2023-0071)";
        Err(("SSH keys are not supported in this build", help))
    }

    pub(super) fn recipient(_: &str) -> Result<Recipient, &'static str> {
        Err("SSH recipients are not supported in this build; build sparkcfg with `--features ssh`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh() -> (String, String) {
        use age::secrecy::ExposeSecret;
        let key = age::x25519::Identity::generate();
        (key.to_string().expose_secret().to_owned(), key.to_public().to_string())
    }

    #[test]
    fn key_files() {
        let (one, two) = (fresh().0, fresh().0);
        let cut = &one[..40];
        for (text, count, faults) in [
            (String::new(), 0, vec![]),
            (format!("# created\n# public key\n{one}\n"), 1, vec![]),
            (format!("{one} {two}"), 2, vec![]),
            (format!("\u{feff}{one}\r\n\r\n  {two}  \r\n"), 2, vec![]),
            (format!("{one}\n{cut}\n{two}"), 2, vec![(2, CUT_OFF.0)]),
            (one[..12].into(), 0, vec![(1, "not an age identity")]),
            (fresh().1, 0, vec![(1, PUBLIC_KEY.0)]),
            ("ssh-ed25519 AAAAC3Nz me@laptop".into(), 0, vec![(1, SSH_PUBLIC_KEY.0)]),
            ("a word".into(), 0, vec![(1, "not an age identity"), (1, "not an age identity")]),
            ("AGE-SECRET-KEY-PQ-1ABC".into(), 0, vec![(1, "a post-quantum identity is not supported")]),
            #[cfg(not(feature = "plugin"))]
            ("\nAGE-PLUGIN-YUBIKEY-1ABC".into(), 0, vec![(2, "plugin identities are not supported in this build")]),
            #[cfg(feature = "plugin")]
            ("\nAGE-PLUGIN-YUBIKEY-1ABC".into(), 0, vec![(2, "not a plugin identity: is it cut off?")]),
            ("-----BEGIN AGE ENCRYPTED FILE-----\nx".into(), 0, vec![(1, ENCRYPTED_KEY_FILE.0)]),
            #[cfg(not(feature = "ssh"))]
            ("-----BEGIN OPENSSH PRIVATE KEY-----\nx".into(), 0, vec![(1, "SSH keys are not supported in this build")]),
            ("age-encryption.org/v1\n-> scrypt".into(), 0, vec![(1, ENCRYPTED_KEY_FILE.0)]),
        ] {
            let mut identities = Identities::default();
            let found = identities.add("here", &text);
            assert_eq!(identities.keys.len(), count);
            assert_eq!(found.iter().map(|fault| (fault.line, fault.message)).collect::<Vec<_>>(), faults);
            assert!(!format!("{identities:?}{found:?}").contains(cut));
        }
    }

    #[test]
    fn a_new_identity_opens_for_its_public_key() {
        let (file, public) = generate();
        let mut identities = Identities::default();
        assert_eq!(identities.add("new", &file), []);
        assert_eq!(identities.public_keys(), std::slice::from_ref(&public));
        assert!(public.parse::<Recipient>().is_ok());
        assert_ne!(generate().1, public);
    }

    #[test]
    fn kinds_of_recipients() {
        for (text, expected) in [
            ("age1sntty6rrnszd5265qgh38vqvg9xufsthkx3cay59fyugl30r9gxqzs2nkt", RecipientKind::X25519),
            ("age1pq1c2qye72", RecipientKind::PostQuantum),
            ("age1yubikey1qyqs", RecipientKind::Plugin),
            ("ssh-ed25519 AAAA", RecipientKind::Ssh),
            ("85D77543B3D624B63CEA9E6DBC17301B491B3F21", RecipientKind::Other),
            ("", RecipientKind::Other),
        ] {
            assert_eq!(RecipientKind::of(text), expected, "{text}");
        }
    }

    #[test]
    fn recipients_are_checked() {
        let public = fresh().1;
        assert_eq!(format!(" {public}\n").parse::<Recipient>().unwrap().as_str(), public);
        for bad in [&public[..30], "age1pq1qqqq", "age1yubikey1qqqq", "nobody", ""] {
            assert!(bad.parse::<Recipient>().is_err(), "{bad}");
        }
    }
}
