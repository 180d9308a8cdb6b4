//! The words of names that tell something, each list with what it tells.

/// A word that says "secret" wherever it stands.
pub(super) const SECRET: &[&str] =
    &["credential", "credentials", "passphrase", "passwd", "password", "pwd", "secret", "secrets", "token"];

/// How words end in which such a word grew together with another one.
pub(super) const ENDS: &[&str] =
    &["accesskey", "pass", "passwd", "password", "privatekey", "pwd", "secret", "secretkey", "token"];

/// The same, where the key may be one for everybody.
pub(super) const KEYS_IN_ONE: &[&str] = &["apikey"];

/// Words that end so and mean something else.
pub(super) const WORDS_OF_THEIR_OWN: &[&str] =
    &["bypass", "compass", "encompass", "overpass", "surpass", "trespass", "underpass"];

/// A word that may say so, where the value does not deny it: `DB_AUTH` may hold a password or name a way to prove who one
/// is.
pub(super) const PERHAPS: &[&str] = &["auth", "authorization", "pat", "salt"];

/// Names for which a library takes the path of a file.
pub(super) const FILES: &[&str] = &["GOOGLE_APPLICATION_CREDENTIALS"];

/// Where secrets are kept that are called by name.
pub(super) const HOLDERS: &[&str] = &["k8s", "kube", "kubernetes", "pull"];

/// Two words that say so together, unless a word of [`PUBLIC`] stands before them.
pub(super) const KEYS: &[[&str; 2]] = &[["access", "key"], ["api", "key"], ["app", "key"]];

/// What a key somewhere behind it is for, so that it is one to keep.
pub(super) const CIPHERS: &[&str] = &["crypto", "decryption", "encrypt", "encryption", "hmac", "signing"];

/// Two words that say so together.
pub(super) const SECRET_PAIRS: &[[&str; 2]] = &[
    ["account", "key"],
    ["admin", "key"],
    ["auth", "token"],
    ["key", "base"],
    ["master", "key"],
    ["private", "key"],
    ["secret", "key"],
];

/// Last words of names whose values are texts, and no secret even where the name speaks of one: `LDAP_HOST`, `AUTH_URL`.
pub(super) const TEXTS: &[&str] = &[
    "address",
    "attribute",
    "bucket",
    "dir",
    "directory",
    "dn",
    "domain",
    "driver",
    "email",
    "endpoint",
    "file",
    "filter",
    "folder",
    "host",
    "hostname",
    "id",
    "issuer",
    "name",
    "path",
    "prefix",
    "region",
    "scopes",
    "theme",
    "uri",
    "url",
    "urls",
    "user",
    "username",
    "version",
];

/// Last words whose values are texts that may well be a secret: `DB_PASSWORD_SERVER`.
pub(super) const TEXTS_OF_ANY_KIND: &[&str] =
    &["cert", "group", "key", "pass", "password", "secret", "server", "servers", "tenant", "token"];

/// Last words besides [`TEXTS`] that turn the name into something about a secret: `TOKEN_TTL`, `PASSWORD_FIELD`.
pub(super) const ABOUT_A_SECRET: &[&str] = &[
    "after",
    "age",
    "alg",
    "algo",
    "algorithm",
    "alphabet",
    "arn",
    "at",
    "audience",
    "backend",
    "budget",
    "charset",
    "claim",
    "column",
    "contract",
    "cookie",
    "cost",
    "count",
    "days",
    "decimals",
    "description",
    "disabled",
    "enabled",
    "encoding",
    "engine",
    "expiration",
    "expires",
    "expiry",
    "factor",
    "field",
    "fields",
    "flow",
    "format",
    "grace",
    "hasher",
    "header",
    "hint",
    "hours",
    "in",
    "interval",
    "iterations",
    "kind",
    "label",
    "length",
    "lifetime",
    "limit",
    "location",
    "manager",
    "max",
    "mechanism",
    "memory",
    "message",
    "method",
    "min",
    "mins",
    "minutes",
    "mode",
    "ms",
    "namespace",
    "network",
    "pattern",
    "period",
    "placeholder",
    "policy",
    "port",
    "project",
    "provider",
    "question",
    "realm",
    "ref",
    "reference",
    "regex",
    "regexp",
    "required",
    "rotation",
    "rounds",
    "scope",
    "score",
    "seconds",
    "selector",
    "size",
    "status",
    "storage",
    "store",
    "strategy",
    "strength",
    "subject",
    "suffix",
    "symbol",
    "table",
    "template",
    "timeout",
    "title",
    "ttl",
    "type",
    "until",
    "validity",
    "window",
];

/// Those of the last words whose values are numbers, or names of machines: whatever stands there without order was put into the wrong line.
pub(super) const MEASURES: &[&str] = &[
    "age", "budget", "cost", "count", "days", "decimals", "host", "hostname", "hours", "interval", "length",
    "lifetime", "limit", "max", "min", "mins", "minutes", "ms", "port", "rounds", "seconds", "size", "timeout", "ttl",
];

/// A word that makes a switch of whatever it stands beside, and one that does so at the beginning.
pub(super) const SWITCHES: &[&str] = &["disable", "disabled", "enable", "enabled"];
pub(super) const ASKS: &[&str] = &["allow", "require", "show", "skip", "use"];

/// Words that do so beside what is no secret: `VERIFY_HOST`, while a `VERIFY_TOKEN` is one.
pub(super) const ASKS_OF_TEXTS: &[&str] =
    &["check", "force", "has", "hide", "is", "log", "send", "trust", "validate", "verify", "with"];

/// A word that makes the key or token after it one for everybody: `PUBLIC_API_KEY`. A password stays one.
pub(super) const PUBLIC: &[&str] = &["pubkey", "public", "publishable", "site"];

/// What a key is called that finds, sorts or leads somewhere.
pub(super) const OPENS_NOTHING: &[&str] = &[
    "cache",
    "file",
    "foreign",
    "group",
    "hash",
    "header",
    "idempotency",
    "index",
    "lookup",
    "map",
    "object",
    "partition",
    "path",
    "queue",
    "redis",
    "routing",
    "session",
    "sort",
    "ssl",
    "storage",
    "table",
    "tls",
    "topic",
];
