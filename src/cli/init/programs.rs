//! What programs and files that start them use, as sightings.

use std::collections::{HashMap, HashSet};

use crate::inference::{Origin, Sighting, Without, sighted};
use crate::project::config::Config;
use crate::project::deployments::FOUND_BY_COMPOSE;
use crate::project::files::{self, Files};
use crate::project::{layout, references};
use crate::uses::casts::casts;
use crate::uses::{self, Fallback, Kind, Side, Use, settings};

/// The sightings of a tree, without those below the folders `others`. Compose and PM2 files at the top are read by
/// whoever knows more of them; of these only what they set is told here. `declared` are names that env files have.
pub(super) fn sightings(files: &Files, config: &Config, others: &[String], declared: &[String]) -> Vec<Sighting> {
    let capitals = uses::in_capitals(declared.iter().map(String::as_str));
    let is_others = |path: &str| {
        others.iter().any(|folder| path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/')))
    };
    let (mut found, mut unsure) = (Vec::new(), Vec::new());
    let mut all = references::all_uses(files, config);
    all.retain(|(path, ..)| !is_others(path));
    let of_others = images_of_others(&all);
    for (path, text, reader, mut uses) in all {
        let at_top = !path.contains('/');
        uses::respell(&path, &text, &mut uses, &capitals);
        match reader.side {
            Side::Code => {
                found.extend(set(&path, &uses));
                let casts = casts(&path, &text, &uses);
                for (used, taken) in uses.iter().zip(casts).filter(|(used, _)| used.kind == Kind::Read) {
                    let holds_secret = used.secret.is_some();
                    let sighting = Sighting { holds_secret, taken, ..read_by_program(&path, used) };
                    if used.sure { found.push(sighting) } else { unsure.push(sighting) }
                }
            }
            Side::Start => {
                // A file that is laid over another one need not say again that its service is built here.
                let is_own = |used: &Use| used.owner.as_ref().is_some_and(|owner| !of_others.contains(owner));
                let counts = |used: &&Use| used.sure || reader.name == "compose" && is_own(used);
                for used in uses.iter().filter(counts) {
                    match used.kind {
                        Kind::Pass | Kind::Read if reader.name == "pm2" => {
                            found.push(sighting(
                                &path,
                                used,
                                Origin::Reference { without: Without::GoesOn },
                                default_of(used),
                            ));
                        }
                        Kind::Set => found.push(sighting(&path, used, Origin::Set, text_of(&used.fallback))),
                        Kind::Read if !at_top && reader.name == "compose" => {
                            found.push(sighting(
                                &path,
                                used,
                                Origin::Reference { without: Without::GoesOn },
                                default_of(used),
                            ));
                        }
                        _ => {}
                    }
                }
            }
            Side::Build => {
                if matches!(reader.name, "dockerfile" | "shell" | "make") {
                    found.extend(set(&path, &uses));
                } else if reader.name == "kubernetes" {
                    // What is taken from a `Secret` is one.
                    let kept = uses.iter().map(|used| used.secret.is_some());
                    let set = set(&path, &uses).zip(kept);
                    found.extend(set.map(|(one, holds_secret)| Sighting { holds_secret, ..one }));
                }
            }
        }
    }
    // A function of the project's own that is given a name which begins as others do reads a variable.
    let words: HashSet<String> =
        found.iter().filter_map(|sighting| word(&sighting.key)).map(ToOwned::to_owned).collect();
    unsure.retain(|sighting| {
        uses::is_screaming(&sighting.key) && word(&sighting.key).is_some_and(|word| words.contains(word))
    });
    found.extend(unsure);
    found
}

/// Services of Compose that run the image of somebody else, in all files that name them.
fn images_of_others(all: &[references::Read]) -> HashSet<String> {
    let compose = all.iter().filter(|(_, _, reader, _)| reader.name == "compose");
    let (mut own, mut others) = (HashSet::new(), HashSet::new());
    for (name, is_built) in compose.flat_map(|(_, text, ..)| uses::compose::services(text)) {
        match is_built {
            Some(true) => drop(own.insert(name)),
            Some(false) => drop(others.insert(name)),
            None => {}
        }
    }
    others.retain(|name| !own.contains(name));
    others
}

/// What env files set that are no layers here: those of projects below, what a script or a container takes in, and one's own
/// beside the layers, `.env.local`, where a framework wants secrets to be.
pub(super) fn set_in_env_files(files: &Files, own: &[String]) -> Vec<Sighting> {
    let mut found = Vec::new();
    let mut paths = references::paths(files);
    let ignored = references::env_files_that_git_ignores(files, &paths);
    paths.retain(|path| references::may_set(files, path));
    paths.extend(ignored);
    let names = files.names("").unwrap_or_default().into_iter();
    let below = files.names("environments").unwrap_or_default().into_iter().map(|name| format!("environments/{name}"));
    paths.extend(names.chain(below).filter(|path| layout::is_personal(path)));
    for path in paths.into_iter().filter(|path| !own.contains(path)) {
        let Ok(Some(bytes)) = files.read_if_there(&path) else { continue };
        let seen = sighted::in_env_file(&path, &Origin::Set, &files::text(bytes).0);
        // What is set there is nobody's business here.
        found.extend(seen.into_iter().map(|one| Sighting { value: None, comment: None, holds_secret: false, ..one }));
    }
    found
}

/// The variables of a settings class of pydantic, by its fields, wherever it stands in the tree.
pub(super) fn variables(files: &Files, class: &str) -> Option<HashMap<String, Vec<String>>> {
    let paths = references::paths(files);
    let python = paths.iter().filter(|path| path.ends_with(".py"));
    let texts = python.filter_map(|path| Some(files::text(files.read_if_there(path).ok()??).0));
    let mut with_it = texts.filter(|text| text.contains("BaseSettings") && text.contains(class));
    with_it.find_map(|text| settings::variables(&text, class))
}

/// The first word of a name that has several.
fn word(name: &str) -> Option<&str> {
    name.split_once('_').map(|(word, _)| word).filter(|word| word.len() > 1)
}

/// What a file gives a value to.
fn set<'u>(path: &'u str, uses: &'u [Use]) -> impl Iterator<Item = Sighting> + 'u {
    let sets = uses.iter().filter(|used| used.kind == Kind::Set && used.sure);
    sets.map(move |used| sighting(path, used, Origin::Set, text_of(&used.fallback)))
}

fn read_by_program(path: &str, used: &Use) -> Sighting {
    let required = used.sure && used.fallback == Fallback::Required;
    sighting(path, used, Origin::Read { required }, default_of(used))
}

/// The default; an empty one where there is one that nobody can read, or where it is asked for.
fn default_of(used: &Use) -> Option<String> {
    match &used.fallback {
        Fallback::Text { text, .. } => Some(text.clone()),
        Fallback::Computed | Fallback::Optional => Some(String::new()),
        Fallback::Required | Fallback::Absent => None,
    }
}

fn text_of(fallback: &Fallback) -> Option<String> {
    match fallback {
        Fallback::Text { text, .. } => Some(text.clone()),
        _ => None,
    }
}

fn sighting(path: &str, used: &Use, origin: Origin, value: Option<String>) -> Sighting {
    let service = used.owner.clone().filter(|_| origin != Origin::Set);
    let (key, place) = (used.name.clone(), path.to_owned());
    Sighting { key, place, origin, value, holds_secret: false, comment: None, service, taken: None }
}

/// Whether Compose reads a file without being told to.
pub(super) fn is_main_compose(name: &str) -> bool {
    FOUND_BY_COMPOSE.contains(&name) && !name.contains("override")
}
