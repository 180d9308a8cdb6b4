//! Names that a project need not declare: those of machines, of CI, and of libraries and programs that read them unasked.
//!
//! To add one: a line in [`AMBIENT`] where the machine or a service sets it, in [`LIBRARY`] where a library or program reads
//! it. A `*` at the end takes every rest.

/// Who knows a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Known {
    /// The operating system, a shell, a CI service, a platform or a build tool sets it.
    Ambient,
    /// A library or a program of somebody else reads it.
    Library,
}

/// Set by somebody outside of the project.
const AMBIENT: &[&str] = &[
    // Operating systems, shells and terminals.
    "PATH", "HOME", "PWD", "OLDPWD", "USER", "USERNAME", "LOGNAME", "SHELL", "HOSTNAME", "HOST", "TERM", "TERM_*", "COLORTERM",
    "COLUMNS", "LINES", "LANG", "LANGUAGE", "LC_*", "TZ", "TMPDIR", "TEMP", "TMP", "EDITOR", "VISUAL", "PAGER", "DISPLAY",
    "SHLVL", "IFS", "PS1", "PS4", "UID", "EUID", "GID", "PPID", "RANDOM", "SECONDS", "LINENO", "BASH*", "ZSH*", "FUNCNAME", "PIPESTATUS",
    "OPTARG", "OPTIND", "REPLY", "OSTYPE", "MACHTYPE", "HOSTTYPE", "DIRSTACK", "XDG_*", "SSH_*", "SUDO_*", "DBUS_*", "WAYLAND_*",
    "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES", "USERPROFILE", "SYSTEMROOT", "WINDIR", "COMSPEC", "COMPUTERNAME", "OS",
    "PROCESSOR_*", "NUMBER_OF_PROCESSORS", "MSYSTEM", "WSL_*", "MAIL", "INVOCATION_ID", "JOURNAL_STREAM", "NOTIFY_SOCKET",
    "LISTEN_*", "CREDENTIALS_DIRECTORY", "STATE_DIRECTORY", "NO_COLOR", "FORCE_COLOR", "CLICOLOR*", "DEBIAN_FRONTEND",
    "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "all_proxy",
    // CI services.
    "CI", "CI_*", "GITHUB_*", "RUNNER_*", "ACTIONS_*", "INPUT_*", "GITLAB_*", "CIRCLECI", "CIRCLE_*", "TRAVIS", "TRAVIS_*", "JENKINS", "JENKINS_*",
    "BUILD_NUMBER", "BUILD_ID", "BUILDKITE", "BUILDKITE_*", "DRONE", "DRONE_*", "TEAMCITY_*", "APPVEYOR*", "TF_BUILD", "BITBUCKET_*",
    "CODEBUILD_*", "SEMAPHORE*", "AGENT_*", "SYSTEM_*", "GITPOD_*", "CODESPACES", "CODESPACE_*", "CODECOV_*",
    // Platforms that programs run on.
    "VERCEL", "VERCEL_*", "NEXT_PUBLIC_VERCEL_*", "NETLIFY", "NETLIFY_*", "RENDER", "RENDER_*", "RAILWAY_*", "FLY_*", "HEROKU_*", "DYNO",
    "KUBERNETES_*", "POD_NAME", "POD_IP", "POD_NAMESPACE", "NODE_NAME", "ECS_*", "LAMBDA_*", "AWS_LAMBDA_*", "AWS_EXECUTION_ENV",
    "FUNCTION_*", "K_SERVICE", "K_REVISION", "WEBSITE_*", "CF_PAGES*", "COOLIFY_*", "CONTAINER", "container", "DOCKER_CONTAINER",
    // What build tools and test runners hand on.
    "npm_*", "INIT_CWD", "VIRTUAL_ENV", "CONDA_*", "PYENV_*", "CARGO", "CARGO_*", "OUT_DIR", "TARGET", "PROFILE", "OPT_LEVEL", "RUSTC", "RUSTUP_*",
    "TARGETPLATFORM", "TARGETARCH", "TARGETOS", "TARGETVARIANT", "BUILDPLATFORM", "BUILDARCH", "BUILDOS", "PYTEST_*", "JEST_WORKER_ID", "VITEST*",
    "PLAYWRIGHT_*", "STORYBOOK*", "PM2_*", "pm_id", "NODE_APP_INSTANCE", "MODE", "DEV", "PROD", "SSR", "BASE_URL", "PKG_CONFIG*",
    "MAKEFLAGS", "MAKELEVEL", "COMPOSE_*", "DOCKER_*", "BUILDKIT_*", "GOPATH", "GOROOT", "GOBIN", "JAVA_HOME", "ANDROID_*", "HOMEBREW_*", "NIX_*", "XPC_*",
];

/// Read by libraries and programs of somebody else.
const LIBRARY: &[&str] = &[
    "NODE_ENV", "NODE_OPTIONS", "NODE_PATH", "NODE_EXTRA_CA_CERTS", "NODE_TLS_REJECT_UNAUTHORIZED", "UV_THREADPOOL_SIZE", "NODE_DEBUG", "DEBUG_COLORS",
    "NEXT_TELEMETRY_DISABLED", "NEXT_RUNTIME", "NEXT_PHASE", "NEXTAUTH_URL", "NEXTAUTH_SECRET", "AUTH_SECRET", "AUTH_URL", "AUTH_TRUST_HOST", "TURBO_*",
    "YARN_*", "PNPM_*", "NPM_*", "PRISMA_*", "CHOKIDAR_*", "WATCHPACK_POLLING", "PUPPETEER_*", "SKIP_ENV_VALIDATION", "ANALYZE", "PORT",
    "PYTHON*", "PIP_*", "UV_*", "POETRY_*", "PDM_*", "FLASK_*", "DJANGO_SETTINGS_MODULE", "DJANGO_CONFIGURATION", "UVICORN_*", "GUNICORN_*", "WEB_CONCURRENCY",
    "CELERY_BROKER", "CELERYD_*", "SQLALCHEMY_*", "ALEMBIC_*", "PYDANTIC_*", "HF_*", "HUGGINGFACE_*", "TRANSFORMERS_*", "TOKENIZERS_PARALLELISM", "CUDA_*", "NVIDIA_*",
    "OMP_*", "MKL_*", "OPENBLAS_*", "TORCH_*", "TF_*", "MPL*", "NLTK_DATA", "TIKTOKEN_*", "LD_PRELOAD", "LD_LIBRARY_PATH", "MALLOC_*",
    "GOMAXPROCS", "GOMEMLIMIT", "GOGC", "GODEBUG", "GOFLAGS", "GOPROXY", "GOPRIVATE", "CGO_ENABLED", "GOOS", "GOARCH", "RUST_*", "RUSTFLAGS", "TOKIO_*",
    "RAILS_ENV", "RACK_ENV", "RAILS_*", "BUNDLE_*", "RUBYOPT", "RUBYLIB", "GEM_*", "PUMA_*", "SECRET_KEY_BASE", "APP_ENV", "COMPOSER_*", "PHP_*",
    "JAVA_OPTS", "JAVA_TOOL_OPTIONS", "JVM_OPTS", "_JAVA_OPTIONS", "MAVEN_OPTS", "GRADLE_*", "SPRING_*", "CATALINA_OPTS", "MIX_ENV", "ERL_*", "ELIXIR_*", "RELEASE_*",
    "PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGSSLMODE", "PGSSLROOTCERT", "PGOPTIONS", "PGDATA", "PGAPPNAME", "PGPASSFILE", "PGSERVICE", "PGTZ",
    "MYSQL_PWD", "REDISCLI_AUTH", "AWS_*", "GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "GCP_PROJECT", "CLOUDSDK_*", "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET", "AZURE_TENANT_ID", "KUBECONFIG", "HELM_*", "VAULT_ADDR", "VAULT_TOKEN", "CONSUL_HTTP_*", "NOMAD_*",
    "OTEL_*", "SENTRY_DSN", "SENTRY_RELEASE", "SENTRY_ENVIRONMENT", "SENTRY_AUTH_TOKEN", "SENTRY_ORG", "SENTRY_PROJECT", "DD_*", "NEW_RELIC_*", "JAEGER_*", "STATSD_*",
    "PROMETHEUS_MULTIPROC_DIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSLKEYLOGFILE", "GIT_*", "SOPS_*", "SPARKCFG_*",
    "ANTHROPIC_LOG", "OPENAI_LOG", "LANGCHAIN_*", "LANGSMITH_*", "PUID", "PGID", "UMASK", "VIRTUAL_HOST", "VIRTUAL_PORT", "LETSENCRYPT_*", "S6_*", "GF_*",
];

/// Who knows a name that the project need not declare.
#[must_use]
pub fn known(name: &str) -> Option<Known> {
    let listed = |list: &[&str]| {
        list.iter().any(|known| known.strip_suffix('*').map_or(*known == name, |start| name.starts_with(start)))
    };
    if listed(AMBIENT) {
        Some(Known::Ambient)
    } else if listed(LIBRARY) {
        Some(Known::Library)
    } else {
        None
    }
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
            ("LC_ALL", Some(Known::Ambient)),
            ("PGHOST", Some(Known::Library)),
            ("WEB_CONCURRENCY", Some(Known::Library)),
            ("GOOGLE_APPLICATION_CREDENTIALS", Some(Known::Library)),
            ("OTEL_SERVICE_NAME", Some(Known::Library)),
            ("DATABASE_URL", None),
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
