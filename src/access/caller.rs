//! The caller of a request, as the gate found it.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use super::role::Role;
use crate::base::code::Code;
use crate::base::error::{Error, Result};

/// A device behind its credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceIdentity {
    /// Its site.
    pub site_id: i64,
    /// Its id.
    pub id: i64,
    /// Its code.
    pub code: String,
    /// Whether it is approved: what it sends is used, not only kept.
    pub active: bool,
    /// Nothing can have happened before it was put in.
    pub commissioned_at: i64,
}

/// Who calls.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Its role.
    pub role: Role,
    /// The only site it may see; none: every site.
    pub site: Option<i64>,
    /// The id of its token; 0 for a device.
    pub token_id: i64,
    /// Its name for people: never written into logs.
    pub name: String,
    /// The device, when it is one.
    pub device: Option<DeviceIdentity>,
    /// The token that forms of a page must carry; only for sessions.
    pub csrf: Option<String>,
}

impl Caller {
    /// How the ledger and the audit name it: an id, never a person's name.
    pub fn actor(&self) -> String {
        match &self.device {
            Some(device) => format!("device:{}", device.code),
            None => format!("token:{}", self.token_id),
        }
    }

    /// The device behind the credential.
    ///
    /// # Errors
    /// `forbidden` when the caller is a person.
    pub fn device(&self) -> Result<&DeviceIdentity> {
        self.device.as_ref().ok_or_else(|| Error::new(Code::Forbidden, "this door is for devices; use a device's own token"))
    }

    /// Refuses a site outside the caller's grant.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn require_site(&self, site_id: i64) -> Result<()> {
        if self.site.is_none_or(|own| own == site_id) { Ok(()) } else { Err(Error::new(Code::Forbidden, "your token is for another site")) }
    }

    /// Refuses what concerns all sites to a caller that is bound to one.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn require_every_site(&self) -> Result<()> {
        if self.site.is_none() { Ok(()) } else { Err(Error::new(Code::Forbidden, "this concerns every site; your token is for one")) }
    }

    /// Whether it has one of the roles.
    pub fn is_any(&self, roles: &[Role]) -> bool {
        roles.contains(&self.role)
    }
}

impl FromRequest for Caller {
    type Error = Error;
    type Future = std::future::Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(
            request.extensions().get::<Self>().cloned().ok_or_else(|| Error::new(Code::NotSignedIn, "this call needs a bearer token")),
        )
    }
}
