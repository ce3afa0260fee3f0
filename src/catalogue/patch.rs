//! Bodies of PATCH: only the fields that are named change; null empties a field that may be empty.

use serde::{Deserialize, Deserializer};

/// Reads a field that is named: null is read as a value of `T`, and refused where `T` has none.
///
/// # Errors
/// Those of `T`.
pub(crate) fn named<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// Makes the body of a PATCH for a content struct: the same fields, each of them optional, and `archived`.
macro_rules! patch {
    ($(#[$about:meta])* $name:ident of $content:ident { $($(#[$field_about:meta])* $field:ident: $kind:ty),* $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Default, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $(
                $(#[$field_about])*
                #[serde(default, deserialize_with = "crate::catalogue::patch::named")]
                pub $field: Option<$kind>,
            )*
            /// True hides it, false brings it back.
            #[serde(default, deserialize_with = "crate::catalogue::patch::named")]
            pub archived: Option<bool>,
        }

        impl $name {
            /// Puts what is named into `content` and `archived`.
            fn apply(self, content: &mut $content, archived: &mut bool) {
                $(if let Some(value) = self.$field { content.$field = value; })*
                if let Some(value) = self.archived { *archived = value; }
            }
        }
    };
}
pub(crate) use patch;
