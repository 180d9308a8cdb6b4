#[derive(clap::Parser)]
struct Arguments {
    /// Where it runs.
    #[arg(long, env)]
    pub cli_region: String,
}

settings! {
    data_folder: String, "data";
}

fn mail() -> Mail {
    envy::prefixed("SMTP_").from_env().unwrap_or_default()
}
