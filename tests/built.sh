# For the scripts beside it, to be sourced: SPARKCFG is the binary that it names, else a debug build of this repository.
if [[ -z ${SPARKCFG-} ]]; then
  repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
  (cd "$repository" && cargo build --locked --quiet)
  # .cargo/config.toml names the host as the target, so cargo builds into a folder of its name.
  SPARKCFG=${CARGO_TARGET_DIR:-$repository/target}/$(rustc -vV | sed -n 's/^host: //p')/debug/sparkcfg
fi
SPARKCFG=$(realpath "$SPARKCFG")
