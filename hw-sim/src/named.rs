//! Files and folders that the command line names: what is mistyped is told before anything is made or played.

use std::fs;
use std::path::Path;

use anyhow::bail;

use crate::cli::{Centre, Command, Compose, Environment, Play, Quirks, ScoreRun, Serve, Watch};

/// What the folder of the clips must hold.
const MEDIA: &str = "`make setup` fetches the clips into .media";
/// What a gateway's program is.
const PROGRAM: &str = "`make build` builds target/release/gridwhistle";
/// What a gateway's folder holds.
const CONFIG: &str = "expected a folder with gateway.toml";
/// Who writes certificates.
const PEM: &str = "`hw-sim certificates FOLDER` makes ca.pem and the others";

/// Looks at all that is named, and makes nothing.
///
/// # Errors
/// The first that is not there, or is of the wrong kind, by its option.
pub(crate) fn check(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(Serve { scenario, media, .. }) => {
            file("the scenario", scenario, "")?;
            folder("--media", media, MEDIA)
        }
        Command::Quirks(Quirks { media, .. }) => {
            media.iter().try_for_each(|media| folder("--media", media, MEDIA))
        }
        Command::Watch(Watch { ca, .. }) => file("--ca", ca, PEM),
        Command::Certificates { folder } => to_write("the folder", folder),
        Command::Play(Play { scenario, config, environment, .. }) => {
            file("the scenario", scenario, "")?;
            folder("--config", config, CONFIG)?;
            file("--config", &config.join("gateway.toml"), CONFIG)?;
            check_environment(environment)
        }
        Command::Centre(centre) => check_centre(centre),
        Command::Compose(Compose { compositions, media, out }) => {
            compositions.iter().try_for_each(|path| file("the composition", path, ""))?;
            folder("--media", media, MEDIA)?;
            to_write("--out", out)
        }
        Command::Score(ScoreRun { scenarios, json, environment }) => {
            for scenario in scenarios {
                file("the scenario", scenario, "")?;
                folder("the scenario's config", &scenario.with_extension(""), CONFIG)?;
            }
            check_environment(environment)?;
            json.iter().try_for_each(|json| result("--json", json, &environment.work))
        }
    }
}

fn check_environment(environment: &Environment) -> anyhow::Result<()> {
    let Environment { media, gateway, work, .. } = environment;
    folder("--media", media, MEDIA)?;
    file("--gateway", gateway, PROGRAM)?;
    to_write("--work", work)
}

fn check_centre(centre: &Centre) -> anyhow::Result<()> {
    let Centre { profile, ca, cert, key, client_secret_file, .. } = centre;
    file("--profile", profile, "")?;
    file("--ca", ca, PEM)?;
    let others = [("--cert", cert), ("--key", key), ("--client-secret-file", client_secret_file)];
    others.into_iter().try_for_each(|(option, path)| match path {
        Some(path) => file(option, path, ""),
        None => Ok(()),
    })
}

fn folder(option: &str, path: &Path, expected: &str) -> anyhow::Result<()> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => bail!("{option} {}: this is a file; {expected}", path.display()),
        Err(error) => {
            bail!("{option} {}: {}; {expected}", path.display(), reason("folder", &error))
        }
    }
}

fn file(option: &str, path: &Path, expected: &str) -> anyhow::Result<()> {
    let then = if expected.is_empty() { String::new() } else { format!("; {expected}") };
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            bail!("{option} {}: this is a folder, and a file is needed{then}", path.display())
        }
        // A pipe is as good as a file.
        Ok(_) => Ok(()),
        Err(error) => bail!("{option} {}: {}{then}", path.display(), reason("file", &error)),
    }
}

/// A folder that is made, but not those around it: there it was mistyped.
fn to_write(option: &str, path: &Path) -> anyhow::Result<()> {
    if path.exists() && !path.is_dir() {
        bail!("{option} {}: this is a file, and a folder is needed", path.display());
    }
    let around = path.parent().filter(|around| !around.as_os_str().is_empty());
    match around {
        Some(around) if !path.exists() && !around.is_dir() => {
            bail!("{option} {}: there is no folder {}", path.display(), around.display())
        }
        _ => Ok(()),
    }
}

/// A file that is written at the end of long work: into a folder that is there, or is made for the work.
fn result(option: &str, path: &Path, made: &Path) -> anyhow::Result<()> {
    if path.is_dir() {
        bail!("{option} {}: this is a folder, and a file is needed", path.display());
    }
    let around = path.parent().filter(|around| !around.as_os_str().is_empty());
    match around {
        Some(around) if !around.is_dir() && around != made => {
            bail!("{option} {}: there is no folder {}", path.display(), around.display())
        }
        _ => Ok(()),
    }
}

fn reason(what: &str, error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => format!("there is no such {what}"),
        _ => format!("this {what} cannot be reached: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use clap::Parser as _;
    use tempfile::TempDir;

    use super::check;
    use crate::cli::Cli;

    /// A folder with all that the commands below name.
    fn home() -> TempDir {
        let home = TempDir::new().unwrap();
        for folder in ["media", "config", "scene"] {
            fs::create_dir(home.path().join(folder)).unwrap();
        }
        for file in ["scene.toml", "gridwhistle", "ca.pem", "config/gateway.toml"] {
            fs::write(home.path().join(file), "").unwrap();
        }
        home
    }

    /// What is said to a command; a word that begins with `@` is a name in `home`.
    fn told(home: &TempDir, words: &str) -> String {
        let at = |name: &str| home.path().join(name).display().to_string();
        let words = words.split(' ').map(|word| match word.strip_prefix('@') {
            Some(name) => at(name),
            None => word.to_owned(),
        });
        let cli = Cli::parse_from(std::iter::once("hw-sim".to_owned()).chain(words));
        check(&cli.command).map_or_else(|error| error.to_string(), |()| "good".to_owned())
    }

    const PLAY: &str =
        "play @scene.toml --media @media --gateway @gridwhistle --config @config --work @work";
    const SCORE: &str =
        "score @scene.toml --media @media --gateway @gridwhistle --work @work --json";

    #[test]
    fn what_is_mistyped_is_named_by_its_option_and_made_by_nobody() {
        let home = home();
        assert_eq!(told(&home, PLAY), "good");
        for (good, mistyped) in [
            ("--media @media", "--media @medai"),
            ("--media @media", "--media @ca.pem"),
            ("--gateway @gridwhistle", "--gateway @gridwhistel"),
            ("--gateway @gridwhistle", "--gateway @media"),
            ("--config @config", "--config @media"),
            ("--work @work", "--work @no/work"),
            ("--work @work", "--work @ca.pem"),
        ] {
            let said = told(&home, &PLAY.replace(good, mistyped));
            let (option, name) = mistyped.split_once(" @").unwrap();
            assert!(said.starts_with(option) && said.contains(name), "{mistyped}: {said}");
        }
        for (words, begin) in [
            ("serve @scene.toml --media @medai", "--media"),
            ("serve @scen.toml --media @media", "the scenario"),
            ("quirks --media @medai", "--media"),
            ("watch --ca @ca.pme", "--ca"),
            ("compose @scene.toml --media @medai --out @o", "--media"),
        ] {
            let said = told(&home, words);
            assert!(said.starts_with(begin), "{words}: {said}");
        }
        let json = |path: &str| told(&home, &format!("{SCORE} {path}"));
        // Its config has no gateway.toml, which the gateway tells of.
        assert_eq!(json("@work/score.json"), "good", "the folder is made for the work");
        assert!(json("@elsewhere/score.json").starts_with("--json"));
        for made in ["medai", "work", "o", "no"] {
            assert!(!home.path().join(made).exists(), "{made}");
        }
    }
}
