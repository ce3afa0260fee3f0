//! Routes with their rights: one entry serves the call, guards it, and documents it.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::{FromRequest, Handler, Responder, web};
use schemars::JsonSchema;

use super::gate::{self, Rule};
use super::role::Role;
use crate::web::openapi::{self, Operation};

/// One call: method, path, who may, what it takes and answers, and who does it.
pub struct Route {
    method: Method,
    rule: Rule,
    operation: Operation,
    served_by: actix_web::Route,
}

impl Route {
    /// A call that only the given roles may make.
    pub fn new<F, Args>(method: &Method, path: &'static str, roles: &'static [Role], handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        Self::with_rule(method, path, Rule::Roles(roles), handler)
    }

    /// The two forms of a table for spreadsheets: paths that end in `.csv` and `.xlsx`, served as the call itself.
    pub fn sheets<F, Args>(tag: &'static str, [csv, xlsx]: [&'static str; 2], roles: &'static [Role], handler: F) -> [Self; 2]
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        [
            Self::new(&Method::GET, csv, roles, handler.clone()).about(tag, "The same as CSV"),
            Self::new(&Method::GET, xlsx, roles, handler).about(tag, "The same as an Excel workbook"),
        ]
    }

    /// A call that needs no credential; the contract test holds the list of these short.
    pub fn public<F, Args>(method: &Method, path: &'static str, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        Self::with_rule(method, path, Rule::Public, handler)
    }

    fn with_rule<F, Args>(method: &Method, path: &'static str, rule: Rule, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let roles = match rule {
            Rule::Public => Vec::new(),
            Rule::Roles(roles) => roles.iter().map(|role| role.word()).collect(),
        };
        let operation = Operation {
            method: method.as_str().to_ascii_lowercase(),
            path,
            tag: "service",
            summary: "",
            roles,
            query: None,
            body: None,
            example: None,
            answer: None,
            status: 200,
        };
        Self { method: method.clone(), rule, operation, served_by: actix_web::Route::new().method(method.clone()).to(handler) }
    }

    /// Its room and one line about it.
    #[must_use]
    pub fn about(mut self, tag: &'static str, summary: &'static str) -> Self {
        self.operation.tag = tag;
        self.operation.summary = summary;
        self
    }

    /// Its query parameters.
    #[must_use]
    pub fn query<T: JsonSchema>(mut self) -> Self {
        self.operation.query = Some(openapi::shape::<T>);
        self
    }

    /// Its body, with an example.
    #[must_use]
    pub fn takes<T: JsonSchema>(mut self, example: serde_json::Value) -> Self {
        self.operation.body = Some(openapi::shape::<T>);
        self.operation.example = Some(example);
        self
    }

    /// Its answer.
    #[must_use]
    pub fn answers<T: JsonSchema>(mut self, status: u16) -> Self {
        self.operation.answer = Some(openapi::shape::<T>);
        self.operation.status = status;
        self
    }

    /// Its entry in the document.
    pub fn operation(&self) -> &Operation {
        &self.operation
    }
}

impl std::fmt::Debug for Route {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "{} {}", self.method, self.operation.path)
    }
}

/// Puts routes into the app: those of one path share a resource behind one gate.
pub fn serve(routes: Vec<Route>, config: &mut web::ServiceConfig) {
    let mut by_path: BTreeMap<&'static str, Vec<Route>> = BTreeMap::new();
    for route in routes {
        by_path.entry(route.operation.path).or_default().push(route);
    }
    // Fixed paths before those with parameters, so that `/x/list` is not read as an id.
    let mut paths: Vec<_> = by_path.into_iter().collect();
    // Paths are tried one by one: what devices call comes before all else.
    paths.sort_by_key(|(path, _)| (!path.starts_with("/ingest/"), path.matches('{').count(), *path));
    for (path, routes) in paths {
        let rules: Arc<HashMap<Method, Rule>> = Arc::new(routes.iter().map(|route| (route.method.clone(), route.rule)).collect());
        let gate = from_fn(move |request: ServiceRequest, next| {
            let rules = Arc::clone(&rules);
            async move { gate::pass(&rules, request, next).await }
        });
        let mut resource = web::resource(path);
        for route in routes {
            resource = resource.route(route.served_by);
        }
        config.service(resource.wrap(gate));
    }
}
