//! The closed set of roles, and the groups of roles that routes name.

use serde::{Deserialize, Serialize};

/// What a caller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks, changes nothing.
    Viewer,
    /// Books movements, counts, binds sensors.
    Technician,
    /// Decides on stock and plans.
    Pharmacist,
    /// Plans and orders.
    Procurement,
    /// Approves orders made by others.
    Approver,
    /// Reads everything, the audit too.
    Auditor,
    /// A device that posts observations.
    Gateway,
    /// Runs the installation.
    Admin,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 8] =
        [Self::Viewer, Self::Technician, Self::Pharmacist, Self::Procurement, Self::Approver, Self::Auditor, Self::Gateway, Self::Admin];

    /// Its word on the wire and in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Technician => "technician",
            Self::Pharmacist => "pharmacist",
            Self::Procurement => "procurement",
            Self::Approver => "approver",
            Self::Auditor => "auditor",
            Self::Gateway => "gateway",
            Self::Admin => "admin",
        }
    }

    /// The role of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

/// Everybody who may look at stock: all people.
pub const PEOPLE: &[Role] =
    &[Role::Viewer, Role::Technician, Role::Pharmacist, Role::Procurement, Role::Approver, Role::Auditor, Role::Admin];
/// Those who book stock.
pub const STOCK_KEEPERS: &[Role] = &[Role::Technician, Role::Pharmacist, Role::Admin];
/// Those who keep the catalogue, the places and the par levels.
pub const CATALOGUE_KEEPERS: &[Role] = &[Role::Pharmacist, Role::Procurement, Role::Admin];
/// Those who plan and order.
pub const PLANNERS: &[Role] = &[Role::Pharmacist, Role::Procurement, Role::Admin];
/// Those who approve orders.
pub const APPROVERS: &[Role] = &[Role::Approver, Role::Admin];
/// Those who read money and suppliers.
pub const REPORT_READERS: &[Role] = &[Role::Pharmacist, Role::Procurement, Role::Approver, Role::Auditor, Role::Admin];
/// Those who run the installation.
pub const ADMINS: &[Role] = &[Role::Admin];
/// Those who bind and test sensors.
pub const INSTALLERS: &[Role] = &[Role::Technician, Role::Admin];
/// Those who read the audit.
pub const AUDITORS: &[Role] = &[Role::Auditor, Role::Admin];
/// Those who read the machine's own figures.
pub const WATCHERS: &[Role] = &[Role::Viewer, Role::Auditor, Role::Admin];
/// Devices.
pub const DEVICES: &[Role] = &[Role::Gateway];
