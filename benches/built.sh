# For the scripts beside it, to be sourced: SPARKCFG is the binary that it names, else a release build of this repository.
if [[ -z ${SPARKCFG-} ]]; then
  repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
  echo "==> cargo build --release" >&2
  (cd "$repository" && cargo build --release --locked --quiet)
  # .cargo/config.toml names the host as the target, so cargo builds into a folder of its name.
  SPARKCFG=${CARGO_TARGET_DIR:-$repository/target}/$(rustc -vV | sed -n 's/^host: //p')/release/sparkcfg
fi
SPARKCFG=$(realpath "$SPARKCFG")
export SPARKCFG
