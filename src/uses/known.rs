//! Names that a project need not declare: those of machines, of CI, and of libraries and programs that read them unasked.
//!
//! To add one: a line of `names.rs` in `AMBIENT` where the machine or a service sets it, in `LIBRARY` where a library or program reads
//! it. A `*` at the end takes every rest.

mod names;

use names::{AMBIENT, CONVENTIONAL, LIBRARY, OF_LARAVEL, OF_PROGRAMS, OF_PROJECTS, OF_SPRING, OF_STRAPI};

/// Who knows a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Known {
    /// The operating system, a shell, a CI service, a platform or a build tool sets it.
    Ambient,
    /// A library or a program of somebody else reads it.
    Library,
}

/// Who knows a name that the project need not declare.
#[must_use]
pub fn known(name: &str) -> Option<Known> {
    if is_in(OF_PROJECTS, name) {
        None
    } else if is_in(AMBIENT, name) {
        Some(Known::Ambient)
    } else if is_in(LIBRARY, name) {
        Some(Known::Library)
    } else {
        None
    }
}

/// Whether a known name is so only to programs, and in a Compose file the project's own: `${PORT}`.
#[must_use]
pub fn is_of_programs(name: &str) -> bool {
    is_in(OF_PROGRAMS, name)
}

/// Whether libraries of many kinds read a name by themselves, where a program says no more than that it uses them: sqlx, Rails
/// and Prisma `DATABASE_URL`.
#[must_use]
pub fn is_conventional(name: &str) -> bool {
    is_in(CONVENTIONAL, name)
}

/// Whether a framework that the files at `paths` belong to reads a name by itself: Laravel merges configuration files of its own
/// with those of the application, Spring Boot binds its properties to variables, plugins of Strapi read some.
#[must_use]
pub fn is_of_framework(name: &str, paths: &[String]) -> bool {
    let has = |wanted: &dyn Fn(&str) -> bool| paths.iter().any(|path| wanted(path.rsplit('/').next().unwrap_or(path)));
    let spring = |file: &str| {
        file.rsplit_once('.')
            .is_some_and(|(stem, end)| stem.starts_with("application") && matches!(end, "yml" | "yaml" | "properties"))
    };
    let strapi = ["config/admin.", "config/middlewares.", "config/server."];
    let is_strapi = || strapi.iter().all(|start| paths.iter().any(|path| path.contains(start)));
    let is_there = |wanted: &str| paths.binary_search_by(|path| path.as_str().cmp(wanted)).is_ok();
    let is_laravel = || has(&|file| file == "artisan") || is_there("composer.json") && is_there("config/app.php");
    is_in(OF_STRAPI, name) && is_strapi()
        || is_in(OF_LARAVEL, name) && is_laravel()
        || is_in(OF_SPRING, name) && has(&spring)
}

fn is_in(list: &[&str], name: &str) -> bool {
    list.iter().any(|known| known.strip_suffix('*').map_or(*known == name, |start| name.starts_with(start)))
}

/// The name that a `_FILE` twin stands for: `DB_PASSWORD` of `DB_PASSWORD_FILE`.
#[must_use]
pub fn twin(name: &str) -> Option<&str> {
    name.strip_suffix("_FILE").filter(|name| name.len() > 2)
}

/// What a name means, in words that do not differ where the meaning does not: `DB_URI` and `DATABASE_URL`.
#[must_use]
pub fn meaning(name: &str) -> Vec<String> {
    let word = |word: &str| match word {
        "ENV" | "STAGE" => "ENVIRONMENT".to_owned(),
        "URI" | "DSN" => "URL".to_owned(),
        "PASS" | "PASSWD" | "PWD" | "PW" => "PASSWORD".to_owned(),
        "DB" => "DATABASE".to_owned(),
        "HOSTNAME" => "HOST".to_owned(),
        "USERNAME" => "USER".to_owned(),
        "PG" | "POSTGRESQL" => "POSTGRES".to_owned(),
        "LOGLEVEL" => "LEVEL".to_owned(),
        word => word.to_owned(),
    };
    name.split('_').filter(|part| !part.is_empty()).map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, expected) in [
            ("PATH", Some(Known::Ambient)),
            ("GITHUB_SHA", Some(Known::Ambient)),
            ("GITHUB_CLIENT_SECRET", None),
            ("AWS_REGION", Some(Known::Library)),
            ("AWS_ENDPOINT_URL_S3", Some(Known::Library)),
            ("AWS_STORAGE_BUCKET_NAME", None),
            ("VERGEN_GIT_SHA", Some(Known::Ambient)),
            ("LC_ALL", Some(Known::Ambient)),
            ("PGHOST", Some(Known::Library)),
            ("WEB_CONCURRENCY", Some(Known::Library)),
            ("GOOGLE_APPLICATION_CREDENTIALS", Some(Known::Library)),
            ("OTEL_SERVICE_NAME", Some(Known::Library)),
            ("DATABASE_URL", None),
            ("SLURM_JOB_ID", Some(Known::Ambient)),
            ("RANK", Some(Known::Ambient)),
            ("RANKS", None),
            ("NVM_BIN", Some(Known::Ambient)),
            ("PYENV_ROOT", Some(Known::Ambient)),
            ("SDKMAN_DIR", Some(Known::Ambient)),
            ("PATHS", None),
        ] {
            assert_eq!(known(name), expected, "{name}");
        }
        for list in [AMBIENT, LIBRARY] {
            let distinct: std::collections::BTreeSet<_> = list.iter().collect();
            assert_eq!(distinct.len(), list.len());
        }
    }

    #[test]
    fn meanings() {
        for (one, other, same) in [
            ("DB_URI", "DATABASE_URL", true),
            ("AM_ENV", "AM_ENVIRONMENT", true),
            ("DB_PASS", "DB_PASSWORD", true),
            ("DB_PORT", "DB_HOST", false),
        ] {
            assert_eq!(meaning(one) == meaning(other), same, "{one} {other}");
        }
        assert_eq!((twin("DB_PASSWORD_FILE"), twin("DB_FILES")), (Some("DB_PASSWORD"), None));
    }
}
