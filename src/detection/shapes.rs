//! The shapes of credentials, one line each.

use Alphabet::{Alphanumeric, Base32, Base64, Bech32, Digits, Hex, Visible, Word};
use Rest::{AtLeast, Behind, Checksummed, Exactly, Identity, JsonWebToken, Parts, PrivateKey};

use super::tokens::Certainty;

/// A kind of credential.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) name: &'static str,
    pub(super) certainty: Certainty,
    pub(super) prefix: &'static str,
    pub(super) rest: Rest,
}

/// What follows the prefix.
#[derive(Debug)]
pub(super) enum Rest {
    /// Exactly so many of these.
    Exactly(usize, Alphabet),
    /// At least so many of these.
    AtLeast(usize, Alphabet),
    /// The rest of a host and a path of words, up to this, then at least so many of these.
    Behind(&'static str, usize, Alphabet),
    /// So many letters and digits, the last six of which are a checksum of those before.
    Checksummed(usize),
    /// Two parts of these lengths with this between them.
    Parts(usize, &'static str, usize, Alphabet),
    /// What is left of an age identity: Bech32 with its own checksum, at least so long.
    Identity(usize),
    /// Header, payload and signature of a JSON web token.
    JsonWebToken,
    /// The first line of a key in PEM.
    PrivateKey,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Alphabet {
    /// `A-Za-z0-9`
    Alphanumeric,
    /// `A-Za-z0-9_-.`
    Word,
    /// `A-Z2-7`
    Base32,
    /// `A-Za-z0-9+/=`
    Base64,
    /// `A-Z0-9`
    Bech32,
    /// `0-9a-f`
    Hex,
    /// `0-9`
    Digits,
    /// Anything printable but blanks and quotes
    Visible,
}

impl Alphabet {
    pub(super) fn has(self, byte: u8) -> bool {
        match self {
            Alphanumeric => byte.is_ascii_alphanumeric(),
            Word => byte.is_ascii_alphanumeric() || b"_-.".contains(&byte),
            Base32 => byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte),
            Base64 => byte.is_ascii_alphanumeric() || b"+/=".contains(&byte),
            Bech32 => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Digits => byte.is_ascii_digit(),
            Hex => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
            Visible => byte.is_ascii_graphic() && !b"\"'`".contains(&byte),
        }
    }
}

const fn certain(name: &'static str, prefix: &'static str, rest: Rest) -> Shape {
    Shape { name, certainty: Certainty::Certain, prefix, rest }
}

const fn likely(name: &'static str, prefix: &'static str, rest: Rest) -> Shape {
    Shape { name, certainty: Certainty::Likely, prefix, rest }
}

/// The credentials that are known by their shape; the first that fits counts. To add one: one line.
pub(super) static SHAPES: &[Shape] = &[
    certain("a GitHub token", "ghp_", Checksummed(36)),
    certain("a GitHub token", "gho_", Checksummed(36)),
    certain("a GitHub token", "ghu_", Checksummed(36)),
    certain("a GitHub token", "ghr_", Checksummed(36)),
    certain("a GitHub token", "ghs_", AtLeast(36, Word)),
    certain("a GitHub token", "github_pat_", Exactly(82, Word)),
    certain("an npm token", "npm_", Checksummed(36)),
    certain("a GitLab token", "glpat-", AtLeast(20, Word)),
    certain("a GitLab token", "glptt-", AtLeast(20, Word)),
    certain("a GitLab token", "gldt-", AtLeast(20, Word)),
    certain("a GitLab token", "glrt-", AtLeast(20, Word)),
    certain("a GitLab token", "glrtr-", AtLeast(20, Word)),
    certain("a GitLab token", "glcbt-", AtLeast(20, Word)),
    certain("a GitLab token", "glimt-", AtLeast(20, Word)),
    certain("a GitLab token", "glagent-", AtLeast(20, Word)),
    certain("a GitLab token", "glsoat-", AtLeast(20, Word)),
    certain("a GitLab token", "glft-", AtLeast(20, Word)),
    certain("a GitLab token", "gloas-", AtLeast(20, Word)),
    certain("an AWS access key", "AKIA", Exactly(16, Base32)),
    certain("an AWS access key", "ASIA", Exactly(16, Base32)),
    certain("an AWS access key", "ABIA", Exactly(16, Base32)),
    certain("an AWS access key", "ACCA", Exactly(16, Base32)),
    certain("a Slack token", "xoxa-", AtLeast(20, Word)),
    certain("a Slack token", "xoxb-", AtLeast(20, Word)),
    certain("a Slack token", "xoxe-", AtLeast(20, Word)),
    certain("a Slack token", "xoxe.xox", AtLeast(20, Word)),
    certain("a Slack token", "xoxo-", AtLeast(20, Word)),
    certain("a Slack token", "xoxp-", AtLeast(20, Word)),
    certain("a Slack token", "xoxr-", AtLeast(20, Word)),
    certain("a Slack token", "xoxs-", AtLeast(20, Word)),
    certain("a Slack token", "xapp-", AtLeast(20, Word)),
    certain("a Slack webhook", "hooks.slack.com/services/", AtLeast(20, Visible)),
    // Of discord.com and discordapp.com, with and without a version.
    certain("a Discord webhook", "discord", Behind("/webhooks/", 60, Visible)),
    certain("a Teams webhook", "webhook.office.com/webhookb2/", AtLeast(60, Visible)),
    certain("a Stripe key", "sk_live_", AtLeast(16, Alphanumeric)),
    certain("a Stripe key", "rk_live_", AtLeast(16, Alphanumeric)),
    likely("a Stripe test key", "sk_test_", AtLeast(16, Alphanumeric)),
    likely("a Stripe test key", "rk_test_", AtLeast(16, Alphanumeric)),
    certain("a Stripe webhook secret", "whsec_", AtLeast(16, Base64)),
    likely("a Google API key", "AIza", Exactly(35, Word)),
    certain("a SendGrid key", "SG.", Parts(22, ".", 43, Word)),
    certain("an OpenAI key", "sk-proj-", AtLeast(20, Word)),
    certain("an OpenAI key", "sk-svcacct-", AtLeast(20, Word)),
    certain("an OpenAI key", "sk-admin-", AtLeast(20, Word)),
    certain("an OpenAI key", "sk-", Parts(20, "T3BlbkFJ", 20, Alphanumeric)),
    certain("an Anthropic key", "sk-ant-", AtLeast(20, Word)),
    certain("an OpenRouter key", "sk-or-v1-", Exactly(64, Hex)),
    certain("a Groq key", "gsk_", Exactly(52, Alphanumeric)),
    certain("a Replicate token", "r8_", Exactly(37, Alphanumeric)),
    certain("a Hugging Face token", "hf_", Exactly(34, Alphanumeric)),
    certain("a DigitalOcean token", "dop_v1_", Exactly(64, Hex)),
    certain("a DigitalOcean token", "doo_v1_", Exactly(64, Hex)),
    certain("a DigitalOcean token", "dor_v1_", Exactly(64, Hex)),
    certain("a PyPI token", "pypi-AgE", AtLeast(50, Word)),
    certain("a Vault token", "hvs.", AtLeast(24, Word)),
    certain("a Vault token", "hvb.", AtLeast(24, Word)),
    certain("a Vault token", "hvr.", AtLeast(24, Word)),
    certain("a Vault token", "s.", Exactly(24, Alphanumeric)),
    certain("a 1Password token", "ops_eyJ", AtLeast(50, Visible)),
    certain("a Doppler token", "dp.pt.", AtLeast(40, Alphanumeric)),
    certain("a Doppler token", "dp.st.", AtLeast(40, Word)),
    certain("a Doppler token", "dp.ct.", AtLeast(40, Alphanumeric)),
    certain("a Doppler token", "dp.sa.", AtLeast(40, Alphanumeric)),
    certain("a Doppler token", "dp.scim.", AtLeast(40, Alphanumeric)),
    certain("a Doppler token", "dp.audit.", AtLeast(40, Alphanumeric)),
    certain("a Grafana token", "glsa_", Parts(32, "_", 8, Alphanumeric)),
    certain("a Grafana token", "glc_eyJ", AtLeast(50, Base64)),
    certain("a Google client secret", "GOCSPX-", AtLeast(28, Word)),
    certain("a Docker token", "dckr_pat_", AtLeast(27, Word)),
    certain("a Docker token", "dckr_oat_", AtLeast(27, Word)),
    certain("an Atlassian token", "ATATT3", AtLeast(60, Word)),
    certain("a Figma token", "figd_", AtLeast(36, Word)),
    certain("a Tailscale key", "tskey-", AtLeast(20, Word)),
    certain("a Brevo key", "xkeysib-", Parts(64, "-", 16, Alphanumeric)),
    certain("a Notion token", "ntn_", AtLeast(40, Alphanumeric)),
    certain("a New Relic key", "NRAK-", Exactly(27, Bech32)),
    certain("a Postman key", "PMAK-", Parts(24, "-", 34, Hex)),
    certain("a Pulumi token", "pul-", Exactly(40, Hex)),
    certain("a RubyGems key", "rubygems_", Exactly(48, Hex)),
    certain("a LangSmith key", "lsv2_pt_", Parts(32, "_", 10, Hex)),
    certain("a LangSmith key", "lsv2_sk_", Parts(32, "_", 10, Hex)),
    certain("a Databricks token", "dapi", Exactly(32, Hex)),
    certain("a Shopify token", "shpat_", Exactly(32, Hex)),
    certain("a Shopify token", "shpca_", Exactly(32, Hex)),
    certain("a Shopify token", "shppa_", Exactly(32, Hex)),
    certain("a Shopify secret", "shpss_", Exactly(32, Hex)),
    certain("a Square token", "sq0atp-", Exactly(22, Word)),
    certain("a Square secret", "sq0csp-", Exactly(43, Word)),
    certain("a Fly.io token", "fm2_", AtLeast(60, Base64)),
    certain("a CircleCI token", "CCIPAT_", Parts(22, "_", 40, Alphanumeric)),
    certain("a Supabase token", "sbp_", Exactly(40, Hex)),
    certain("a Supabase key", "sb_secret_", AtLeast(20, Word)),
    certain("a Linear key", "lin_api_", Exactly(40, Alphanumeric)),
    certain("a Sentry token", "sntrys_eyJ", AtLeast(40, Visible)),
    certain("a Sentry token", "sntryu_", Exactly(64, Hex)),
    certain("an Azure account key", "AccountKey=", Exactly(88, Base64)),
    certain("an Azure access key", "SharedAccessKey=", AtLeast(43, Base64)),
    certain("an age identity", "AGE-SECRET-KEY-1", Identity(58)),
    certain("an age identity", "AGE-SECRET-KEY-PQ-1", Identity(58)),
    certain("an age identity", "AGE-PLUGIN-", Identity(12)),
    certain("a private key", "-----BEGIN ", PrivateKey),
    certain("a JSON web token", "ey", JsonWebToken),
    certain("a Mailgun key", "key-", Exactly(32, Hex)),
    // What stands before it belongs to it; see [`before`].
    certain("a Telegram token", ":A", Exactly(34, Word)),
    certain("a Mailchimp key", "-us", AtLeast(1, Digits)),
];
