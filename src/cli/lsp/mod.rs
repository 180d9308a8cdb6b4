//! `sparkcfg lsp`: a language server over stdio, so that editors show while typing what the other commands say.
//!
//! Messages come in order through [`wire`]; [`server`] keeps the open texts and lays them over the files of each
//! project, [`unit`] judges those with the checks of `validate`, and one file answers each kind of question.

mod actions;
mod completion;
mod configuration;
mod definition;
mod diagnostics;
mod documents;
mod hover;
mod positions;
mod server;
mod session;
mod spots;
mod unit;
mod uris;
mod wire;

use std::process::ExitCode;
use std::sync::mpsc;

use super::{Global, Keys, printing};
use crate::error::Error;
use server::Server;

pub(super) const EXAMPLES: &str = "\
An editor starts it and speaks the Language Server Protocol 3.17 with it; docs/editors.md says how to hook it
into VS Code, Neovim, Helix and Zed.

Exit codes: 0 after shutdown and exit, 1 when the editor goes away without them.";

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Lsp {
    /// Speak over stdin and stdout: what it always does, and many editors ask for
    #[arg(long)]
    stdio: bool,
    #[command(flatten)]
    keys: Keys,
}

impl Lsp {
    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Error> {
        let folder = match &global.project {
            Some(_) => {
                Some(std::path::absolute(global.folder()?.0).map_err(|_| Error::new("there is no such folder"))?)
            }
            None => None,
        };
        if global.verbose {
            printing::complain("sparkcfg: serving the language server protocol on stdin and stdout\n")?;
        }
        let server = Server::new(folder, self.keys.identity.clone(), self.keys.process());
        let (sender, incoming) = mpsc::channel();
        // It ends with the process: a read of stdin cannot be called off.
        std::thread::spawn(move || {
            let mut input = std::io::stdin().lock();
            while let Ok(Some(message)) = wire::read(&mut input) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        Ok(session::serve(server, &incoming))
    }
}
