//! Stylesheet, script and icon: in the binary, under names that change with their content.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use crate::web::body::hex;

/// A file that pages name.
#[derive(Debug)]
pub(crate) struct Asset {
    /// Its name with the hash of its content.
    pub(crate) file: String,
    /// Its media type.
    pub(crate) kind: &'static str,
    /// Its content.
    pub(crate) body: &'static str,
}

impl Asset {
    fn of(name: &str, end: &str, kind: &'static str, body: &'static str) -> Self {
        let hash = hex(&Sha256::digest(body));
        Self { file: format!("{name}-{}.{end}", hash.get(..16).unwrap_or_default()), kind, body }
    }

    /// Where it is served.
    pub(crate) fn href(&self) -> String {
        format!("/assets/{}", self.file)
    }
}

/// The stylesheet.
pub(crate) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::of("style", "css", "text/css; charset=utf-8", include_str!("assets/style.css")));
/// The script.
pub(crate) static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::of("page", "js", "text/javascript; charset=utf-8", include_str!("assets/page.js")));
/// The icon.
pub(crate) static ICON: LazyLock<Asset> = LazyLock::new(|| Asset::of("icon", "svg", "image/svg+xml", include_str!("assets/icon.svg")));

/// The asset of a file name.
pub(crate) fn named(file: &str) -> Option<&'static Asset> {
    [&*STYLE, &*SCRIPT, &*ICON].into_iter().find(|asset| asset.file == file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_the_hash_of_the_content() {
        for asset in [&*STYLE, &*SCRIPT, &*ICON] {
            let hash = hex(&Sha256::digest(asset.body));
            assert!(asset.file.contains(&hash[..16]), "{}", asset.file);
            assert!(std::ptr::eq(named(&asset.file).unwrap(), asset));
        }
        assert!(named("style.css").is_none());
    }

    #[test]
    fn nothing_is_fetched_from_elsewhere() {
        for asset in [&*STYLE, &*SCRIPT] {
            assert!(!asset.body.contains("http://") && !asset.body.contains("https://"), "{} names another server", asset.file);
        }
    }
}
