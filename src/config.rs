//! Settings: flags > `WARDSTOCK_*` > file > defaults. The only reader of the environment (through clap).

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;

use crate::base::error::{Error, Result};

/// Where settings are looked for when no `--config` is given.
const FILE_DEFAULT: &str = "/etc/wardstock/wardstock.toml";
const DATABASE_DEFAULT: &str = "sqlite:wardstock.db";
const LISTEN_DEFAULT: &str = "127.0.0.1:8080";

/// Settings that every command takes.
#[derive(Debug, Clone, Default, Args)]
pub struct Settings {
    /// Settings file (TOML); unknown keys are errors.
    #[arg(long, global = true, env = "WARDSTOCK_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// sqlite:PATH, `sqlite::memory`: or <postgres://user@host/name> [default: sqlite:wardstock.db]
    #[arg(long, global = true, env = "WARDSTOCK_DATABASE", value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,
    /// Address to listen on [default: 127.0.0.1:8080]
    #[arg(long, global = true, env = "WARDSTOCK_LISTEN", value_name = "ADDR")]
    pub listen: Option<String>,
    /// What to log, as tracing directives [default: info]
    #[arg(long, global = true, env = "WARDSTOCK_LOG", value_name = "FILTER")]
    pub log: Option<String>,
    /// Log as JSON lines.
    #[arg(long, global = true, env = "WARDSTOCK_LOG_JSON")]
    pub log_json: bool,
    /// Speak to a PostgreSQL on another machine without TLS.
    #[arg(long, global = true, env = "WARDSTOCK_ALLOW_PLAIN_POSTGRES")]
    pub allow_plain_postgres: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileSettings {
    database: Option<String>,
    listen: Option<String>,
    log: Option<String>,
    log_json: Option<bool>,
    allow_plain_postgres: Option<bool>,
    role: Option<String>,
    read_database: Option<String>,
    keep_raw_days: Option<i64>,
    keep_hour_days: Option<i64>,
    backup_folder: Option<PathBuf>,
}

/// Settings after all sources have been merged.
#[derive(Debug, Clone)]
pub struct Config {
    /// Database URL; may hold a secret.
    pub database: String,
    /// Address to listen on.
    pub listen: String,
    /// Tracing directives.
    pub log: String,
    /// Log as JSON lines.
    pub log_json: bool,
    /// Speak to a PostgreSQL on another machine without TLS.
    pub allow_plain_postgres: bool,
    /// What `serve` does, when its flag does not say.
    pub role: Option<String>,
    /// Where `serve` reads reports, when its flag does not say; may hold a secret.
    pub read_database: Option<String>,
    /// Days of readings, when `serve`'s flag does not say.
    pub keep_raw_days: Option<i64>,
    /// Days of their sums by hour, when `serve`'s flag does not say.
    pub keep_hour_days: Option<i64>,
    /// Where a backup goes every night, when `serve`'s flag does not say.
    pub backup_folder: Option<PathBuf>,
}

impl Config {
    /// Merges flags and environment with the settings file.
    ///
    /// # Errors
    /// `invalid_input` naming file and key when the file can't be read or has an unknown key.
    pub fn load(settings: &Settings) -> Result<Self> {
        let file = match &settings.config {
            Some(path) => read(path)?,
            None if Path::new(FILE_DEFAULT).exists() => read(Path::new(FILE_DEFAULT))?,
            None => FileSettings::default(),
        };
        let pick = |flag: &Option<String>, from_file: Option<String>, default: &str| {
            flag.clone().or(from_file).unwrap_or_else(|| default.to_owned())
        };
        Ok(Self {
            database: pick(&settings.database, file.database, DATABASE_DEFAULT),
            listen: pick(&settings.listen, file.listen, LISTEN_DEFAULT),
            log: pick(&settings.log, file.log, "info"),
            log_json: settings.log_json || file.log_json.unwrap_or(false),
            allow_plain_postgres: settings.allow_plain_postgres || file.allow_plain_postgres.unwrap_or(false),
            role: file.role,
            read_database: file.read_database,
            keep_raw_days: file.keep_raw_days,
            keep_hour_days: file.keep_hour_days,
            backup_folder: file.backup_folder,
        })
    }
}

fn read(path: &Path) -> Result<FileSettings> {
    let bad = |rule: &str, cause: String| Error::field(path.display().to_string(), rule, format!("{}: {cause}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|cause| bad("unreadable", cause.to_string()))?;
    toml::from_str(&text).map_err(|cause| bad("setting", cause.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_file_and_unknown_keys_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wardstock.toml");
        std::fs::write(&path, "listen = \"127.0.0.1:9\"\ndatabase = \"sqlite:a.db\"\n").unwrap();
        let settings = Settings { config: Some(path.clone()), database: Some("sqlite:b.db".into()), ..Settings::default() };
        let config = Config::load(&settings).unwrap();
        assert_eq!((config.listen.as_str(), config.database.as_str()), ("127.0.0.1:9", "sqlite:b.db"));
        std::fs::write(&path, "lisen = \"127.0.0.1:9\"\n").unwrap();
        assert!(Config::load(&settings).unwrap_err().detail.contains("lisen"));
    }
}
