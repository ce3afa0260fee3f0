//! The contract: what the `OpenAPI` document says is what the service does, for everybody who may call and nobody else.

#![expect(clippy::indexing_slicing, reason = "a missing field fails the test")]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use wardstock::access::role::Role;
use wardstock::app;

use super::scene::{Answer, Client, Engine, Hospital, on_both};

/// Calls without a credential: a longer list needs a good reason.
const PUBLIC: [&str; 7] =
    ["get /assets/{file}", "get /docs/problems/{code}", "get /livez", "get /openapi.json", "get /readyz", "get /sign-in", "post /sign-in"];

/// Calls that change something and take no JSON.
const WITHOUT_JSON: [&str; 13] = [
    "post /api/v1/alerts/{id}/acknowledge",
    "post /api/v1/devices/{id}/approve",
    "post /api/v1/devices/{id}/rotate",
    "post /api/v1/devices/{id}/suspend",
    "post /api/v1/imports",
    "post /api/v1/orders/{id}/approve",
    "post /api/v1/orders/{id}/send",
    "post /api/v1/plans/{id}/accept",
    "post /api/v1/quarantine/{id}/replay",
    "post /api/v1/tokens/{id}/revoke",
    "post /ingest/v1/loggers/{device}",
    "post /sign-in",
    "post /sign-out",
];

/// What no answer may show.
const INSIDES: [&str; 8] = ["SELECT ", "INSERT ", "panicked", ".rs:", "diesel", "/work/", "/tmp/", "RUST_BACKTRACE"];

/// One operation of the document.
struct Call {
    name: String,
    method: String,
    path: String,
    roles: Vec<String>,
    about: Value,
}

impl Call {
    fn is_page(&self) -> bool {
        !self.path.starts_with("/api/") && !self.path.starts_with("/ingest/")
    }

    fn takes_body(&self) -> bool {
        matches!(self.method.as_str(), "POST" | "PATCH" | "PUT")
    }

    fn example(&self) -> &Value {
        &self.about["requestBody"]["content"]["application/json"]["example"]
    }

    /// The same call on something that is there, if it is on one thing.
    fn on_real(&self) -> Option<Self> {
        let (_, real) = REAL.iter().find(|(nope, _)| self.path.contains(nope))?;
        let path = REAL.iter().fold(self.path.clone(), |path, (nope, real)| path.replace(nope, real));
        assert!(path.contains(real));
        Some(Self { name: self.name.clone(), method: self.method.clone(), path, roles: self.roles.clone(), about: self.about.clone() })
    }

    /// Sends it, with the newest version of the thing in `If-Match`.
    fn send(&self, who: &Client, body: &[u8]) -> Answer {
        let etag = if self.method == "PATCH" { who.get(&self.path).header("etag") } else { None };
        let headers = [("content-type", "application/json"), ("if-match", etag.as_deref().unwrap_or("\"1\""))];
        if self.takes_body() {
            who.send(&self.method, &self.path, &headers, body)
        } else {
            who.send(&self.method, &self.path, &headers[1..], b"")
        }
    }
}

/// Paths of things that are there, for the parameters of a pattern.
const REAL: [(&str, &str); 15] = [
    ("/items/nope", "/items/P1"),
    ("/suppliers/nope", "/suppliers/S1"),
    ("/places/nope", "/places/PH"),
    ("/devices/nope", "/devices/gw-1"),
    ("/par-levels/nope/nope", "/par-levels/PH/P1"),
    ("/stock/nope/nope", "/stock/PH/P1"),
    ("/demand/nope/nope", "/demand/PH/P1"),
    ("/orders/nope", "/orders/0"),
    ("/holidays/nope/nope", "/holidays/H1/2026-12-25"),
    ("/loggers/nope", "/loggers/gw-1"),
    ("/impinj/nope", "/impinj/gw-1"),
    ("/zebra/nope", "/zebra/gw-1"),
    ("/chirpstack/nope", "/chirpstack/gw-1"),
    ("/ttn/nope", "/ttn/gw-1"),
    ("/generic/nope", "/generic/gw-1"),
];

/// The document's calls, each parameter of a path being `nope`.
fn calls(hospital: &Hospital) -> Vec<Call> {
    let document = hospital.stranger().get("/openapi.json").want(200);
    let mut calls = Vec::new();
    for (pattern, methods) in document["paths"].as_object().unwrap() {
        for (method, about) in methods.as_object().unwrap() {
            let roles = about["security"].as_array().unwrap().iter().flat_map(|one| one["bearer"].as_array().unwrap());
            calls.push(Call {
                name: format!("{method} {pattern}"),
                method: method.to_uppercase(),
                path: pattern
                    .split('{')
                    .enumerate()
                    .map(|(at, part)| if at == 0 { part.to_owned() } else { format!("nope{}", part.split_once('}').unwrap().1) })
                    .collect(),
                roles: roles.map(|role| role.as_str().unwrap().to_owned()).collect(),
                about: about.clone(),
            });
        }
    }
    assert!(calls.len() > 40, "the document is found");
    calls
}

/// A hospital with some stock, and one caller of each role.
fn set_up(engine: Engine) -> (Hospital, BTreeMap<&'static str, Client>) {
    let hospital = Hospital::today(engine).with_small_catalogue();
    hospital.import(&[("stock.csv", "place,item,quantity,lot,expiry,par_level\nPH,P1,500,L1,2031-01-31,800\nW1,P1,40,L1,2031-01-31,60\n")]);
    let crowd = Role::ALL
        .into_iter()
        .map(|role| (role.word(), if role == Role::Gateway { hospital.gateway("gw-1", "H1", true) } else { hospital.with_role(role) }))
        .collect();
    (hospital, crowd)
}

#[test]
fn strangers_and_wrong_roles_are_refused() {
    let (hospital, crowd) = set_up(Engine::Sqlite);
    let stranger = hospital.stranger();
    for call in calls(&hospital).iter().filter(|call| !call.roles.is_empty()) {
        let refused = call.send(&stranger, b"{}");
        assert_eq!(refused.status, 401, "{} takes strangers: {}", call.name, refused.text);
        assert!(refused.header("www-authenticate").is_some(), "{}", call.name);
        refused.problem(401, "not_signed_in");
        stranger.send(&call.method, &call.path, &[("authorization", "Bearer ws_1_00")], b"").problem(401, "not_signed_in");
        stranger.send(&call.method, &call.path, &[("cookie", "wardstock_session=00")], b"").problem(401, "not_signed_in");
        let browser = stranger.send(&call.method, &call.path, &[("accept", "text/html")], b"");
        let redirected = browser.status == 303 && browser.header("location").as_deref() == Some("/sign-in");
        assert!(browser.status == 401 || (redirected && call.method == "GET"), "{}: {}", call.name, browser.status);
        for (role, client) in crowd.iter().filter(|(role, _)| !call.roles.iter().any(|allowed| allowed == *role)) {
            let refused = call.send(client, b"{}");
            assert_eq!(refused.status, 403, "{} takes the role {role}: {}", call.name, refused.text);
            refused.problem(403, "forbidden");
        }
    }
}

#[test]
fn the_roles_of_a_call_may_make_it() {
    let (hospital, crowd) = set_up(Engine::Sqlite);
    // The event stream has no end to wait for.
    for call in calls(&hospital).iter().filter(|call| call.path != "/api/v1/events") {
        // A device's door is its own: another one's is forbidden to it.
        let own = call.on_real().filter(|_| call.path.starts_with("/ingest/"));
        let call = own.as_ref().unwrap_or(call);
        for role in &call.roles {
            let answer = call.send(&crowd[role.as_str()], call.example().to_string().as_bytes());
            assert!(
                !matches!(answer.status, 401 | 403 | 405) && answer.status < 500,
                "{} as {role}: {} {}",
                call.name,
                answer.status,
                answer.text
            );
        }
    }
}

#[test]
fn the_public_calls_are_few() {
    let hospital = Hospital::today(Engine::Sqlite);
    let public: Vec<String> = calls(&hospital).into_iter().filter(|call| call.roles.is_empty()).map(|call| call.name).collect();
    assert_eq!(public, PUBLIC.map(str::to_owned).into_iter().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>());
    for call in calls(&hospital).iter().filter(|call| call.roles.is_empty()) {
        let answer = call.send(&hospital.stranger(), b"");
        assert!(answer.status != 401 && answer.status != 405 && answer.status < 500, "{}: {} {}", call.name, answer.status, answer.text);
    }
}

#[test]
fn the_document_and_the_routes_are_the_same() {
    let hospital = Hospital::today(Engine::Sqlite);
    let documented: BTreeSet<String> = calls(&hospital).into_iter().map(|call| call.name).collect();
    let served: Vec<String> =
        app::routes().iter().map(|route| format!("{} {}", route.operation().method, route.operation().path)).collect();
    assert_eq!(served.len(), documented.len(), "a call is served twice or not in the document");
    assert_eq!(documented, served.into_iter().collect());
    for call in calls(&hospital).iter().filter(|call| call.path != "/api/v1/events") {
        let answer = call.send(hospital.admin(), b"{}");
        assert!(answer.status != 405 && !answer.text.contains("nothing is served at"), "{} is not served: {}", call.name, answer.text);
    }
}

#[test]
fn each_call_says_what_it_is() {
    let hospital = Hospital::today(Engine::Sqlite);
    let mut ids = BTreeSet::new();
    let mut wrong = Vec::new();
    for call in calls(&hospital) {
        let about = &call.about;
        let good = about["responses"].as_object().unwrap().keys().any(|status| status.starts_with(['2', '3']));
        let json = &about["requestBody"]["content"]["application/json"];
        let rules = [
            (about["summary"].as_str().unwrap_or_default().len() > 5, "a summary"),
            (about["tags"].as_array().is_some_and(|tags| tags.len() == 1), "one tag"),
            (ids.insert(about["operationId"].as_str().unwrap_or_default().to_owned()), "an operationId of its own"),
            (good, "a declared good answer"),
            (about["responses"]["default"]["content"]["application/problem+json"]["schema"].is_object(), "a declared refusal"),
            (
                !call.takes_body()
                    || WITHOUT_JSON.contains(&call.name.as_str())
                    || (json["schema"].is_object() && json["example"].is_object()),
                "a body with schema and example",
            ),
            (call.is_page() || call.method != "GET" || about["responses"]["200"].is_object(), "the answer 200"),
        ];
        wrong.extend(rules.iter().filter(|(kept, _)| !kept).map(|(_, what)| format!("{} lacks {what}", call.name)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for name in WITHOUT_JSON {
        assert!(
            calls(&hospital).iter().any(|call| call.name == name && call.example().is_null()),
            "{name} is not a call without JSON any more"
        );
    }
}

#[test]
fn each_example_is_understood() {
    let (hospital, crowd) = set_up(Engine::Sqlite);
    for call in calls(&hospital).iter().filter(|call| !call.example().is_null()) {
        let answer = call.send(&crowd[call.roles[0].as_str()], call.example().to_string().as_bytes());
        let body: Value = serde_json::from_str(&answer.text).unwrap_or_default();
        let misread = body["code"] == "bad_json"
            || body["code"] == "wrong_schema"
            || body["errors"].as_array().is_some_and(|errors| errors.iter().any(|error| error["code"] == "type"));
        assert!(!misread && answer.status < 500, "{}: {} {}", call.name, answer.status, answer.text);
    }
}

/// Bodies that are no use to anybody.
fn rubbish() -> Vec<Vec<u8>> {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(10_000), close.repeat(10_000)).into_bytes();
    let mut bodies: Vec<Vec<u8>> = [
        "",
        "{",
        "[]",
        "[[]]",
        "{}",
        "null",
        "true",
        "0",
        "-1",
        "1e400",
        "NaN",
        "\"\"",
        "{\"a\":NaN}",
        "<a/>",
        "{} {}",
        "a,b\n1,2\n",
        "{\"\\u0000\":1}",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    bodies.extend([
        deep("[", "]"),
        deep("{\"a\":", "}"),
        deep("[", ""),
        vec![0xff, 0xfe, 0x00],
        b"{\"code\":\"\xff\"}".to_vec(),
        vec![b'9'; 50_000],
        vec![0; 1_000],
    ]);
    bodies
}

/// Values that stand where another kind of value should.
fn strange_values() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1.5e308),
        json!(""),
        json!("no-such"),
        json!("a\u{0}b"),
        json!("9999-12-31T23:59:59.999999999Z"),
        json!("-262143-01-01"),
        json!("'; DROP TABLE item; --"),
        json!("ü".repeat(70_000)),
        json!([]),
        json!([[1]]),
        json!({}),
        json!({"minor": i64::MAX, "currency": "XXX"}),
    ]
}

/// The example with each of its values, at any depth, in turn replaced by a strange one; and with a field nobody knows.
fn mutants(example: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    match example {
        Value::Object(fields) => {
            for (name, value) in fields {
                let with = |other: Value| {
                    let mut copy = example.clone();
                    copy[name] = other;
                    copy
                };
                found.extend(strange_values().into_iter().map(with));
                found.extend(mutants(value).into_iter().map(with));
                let mut without = example.clone();
                without.as_object_mut().unwrap().remove(name);
                found.push(without);
            }
            let mut more = example.clone();
            more["nobody_knows"] = json!(1);
            found.push(more);
        }
        Value::Array(values) => found.extend(values.first().iter().flat_map(|first| mutants(first)).map(|value| json!([value]))),
        _ => {}
    }
    found
}

/// What went wrong, by call: the first few of each.
#[derive(Default)]
struct Complaints(BTreeMap<String, Vec<String>>);

impl Complaints {
    fn add(&mut self, call: &Call, with: &str, answer: &Answer, what: &str) {
        let with: String = with.chars().take(200).collect();
        let text: String = answer.text.chars().take(300).collect();
        self.0.entry(call.name.clone()).or_default().push(format!("{what}: {} with {with}: {} {text}", call.name, answer.status));
    }

    /// A refusal is the caller's fault, a problem document, and shows nothing of our insides.
    fn judge(&mut self, call: &Call, with: &str, answer: &Answer) {
        if answer.status >= 500 {
            self.add(call, with, answer, "our fault");
        }
        if INSIDES.iter().any(|word| !call.path.contains("openapi") && answer.text.contains(word) && !with.contains(word)) {
            self.add(call, with, answer, "shows its insides");
        }
        let is_problem = answer.header("content-type").as_deref() == Some("application/problem+json");
        if answer.status >= 400 && !call.is_page() && !is_problem {
            self.add(call, with, answer, "no problem document");
        }
    }

    #[track_caller]
    fn none(&self) {
        let all: Vec<&str> = self.0.values().flat_map(|of_call| of_call.iter().take(3)).map(String::as_str).collect();
        assert!(all.is_empty(), "{} calls\n{}", self.0.len(), all.join("\n"));
    }
}

/// Somebody who may make a call.
fn allowed<'a>(call: &Call, crowd: &'a BTreeMap<&'static str, Client>) -> &'a Client {
    let role = call.roles.iter().find(|role| *role == "admin").unwrap_or(&call.roles[0]);
    &crowd[role.as_str()]
}

#[test]
fn rubbish_is_refused_and_never_our_fault() {
    let complaints = RefCell::new(Complaints::default());
    on_both(|engine| {
        let (hospital, crowd) = set_up(engine);
        let mut complaints = complaints.borrow_mut();
        let all = calls(&hospital);
        let real: Vec<Call> = all.iter().filter_map(Call::on_real).collect();
        for call in all.iter().chain(&real).filter(|call| call.takes_body() && !call.roles.is_empty()) {
            let who = allowed(call, &crowd);
            for body in rubbish() {
                let answer = call.send(who, &body);
                let shown = String::from_utf8_lossy(&body);
                complaints.judge(call, &shown, &answer);
                let takes_json = !call.example().is_null();
                if answer.status < 400 && takes_json && !(body == b"{}" && call.method == "PATCH") {
                    complaints.add(call, &shown, &answer, "taken");
                }
            }
            for (seq, mut mutant) in (1_000..).zip(mutants(call.example())) {
                // A batch of its own, or all but the first would be refused as a resend with other bytes.
                if mutant["seq"] == call.example()["seq"] && mutant["seq"].is_number() {
                    mutant["seq"] = json!(seq);
                }
                complaints.judge(call, &mutant.to_string(), &call.send(who, mutant.to_string().as_bytes()));
            }
            let headers = [("content-type", "text/plain"), ("idempotency-key", &*"k".repeat(201)), ("if-match", "\"1\"")];
            complaints.judge(call, "a long key", &who.send(&call.method, &call.path, &headers, b"{}"));
        }
        assert_eq!(hospital.stranger().get("/readyz").status, 200, "{engine:?}: it still serves");
    });
    complaints.borrow().none();
}

#[test]
fn strange_parameters_are_never_our_fault() {
    let values = [
        "",
        "nope",
        "-1",
        "0",
        "501",
        "99999999999999999999",
        "9223372036854775807",
        "%00",
        "%ff",
        "2026-13-45",
        "2026-11-23",
        "-262144-01-01",
        "%27%20OR%201=1",
        "..%2f..%2fetc",
        "P1",
        "W1",
    ];
    let complaints = RefCell::new(Complaints::default());
    on_both(|engine| {
        let (hospital, crowd) = set_up(engine);
        let mut complaints = complaints.borrow_mut();
        for call in calls(&hospital).iter().filter(|call| call.path != "/api/v1/events" && !call.roles.is_empty()) {
            let who = allowed(call, &crowd);
            let parameters = call.about["parameters"].as_array().unwrap().iter();
            let named: Vec<&str> =
                parameters.filter(|parameter| parameter["in"] == "query").map(|parameter| parameter["name"].as_str().unwrap()).collect();
            for value in values {
                if call.path.contains("nope") {
                    let path = call.path.replace("nope", value);
                    let body: &[u8] = if call.takes_body() { b"{}" } else { b"" };
                    let headers = [("if-match", value), ("content-type", "application/json")];
                    complaints.judge(call, &path, &who.send(&call.method, &path, &headers, body));
                }
                for name in named.iter().filter(|_| call.method == "GET") {
                    let path = format!("{}?{name}={value}", call.path);
                    complaints.judge(call, &path, &who.get(&path));
                }
            }
        }
        assert_eq!(hospital.stranger().get("/readyz").status, 200, "{engine:?}: it still serves");
    });
    complaints.borrow().none();
}

#[test]
fn a_path_or_method_that_is_not_there_is_told_so() {
    let (hospital, _) = set_up(Engine::Sqlite);
    let admin = hospital.admin();
    admin.get("/api/v1/nothing-here").problem(404, "not_found");
    hospital.stranger().get("/api/v1/nothing-here").problem(404, "not_found");
    for method in ["PUT", "BREW", "TRACE"] {
        let refused = admin.send(method, "/api/v1/items", &[], b"");
        let allow = refused.header("allow").unwrap_or_default();
        assert!(allow.contains("GET") && allow.contains("POST"), "405 says what is allowed (RFC 9110, 15.5.6), not '{allow}'");
        refused.problem(405, "method_not_allowed");
    }
}

#[test]
fn a_body_that_is_too_large_is_refused() {
    let (hospital, crowd) = set_up(Engine::Sqlite);
    let large = format!("{{\"code\":\"{}\"}}", "x".repeat(1 << 20));
    let json = [("content-type", "application/json")];
    hospital.admin().send("POST", "/api/v1/items", &json, large.as_bytes()).problem(413, "payload_too_large");
    crowd["gateway"].send("POST", "/ingest/v1/observations", &json, large.as_bytes()).problem(413, "payload_too_large");
    hospital.stranger().send("POST", "/api/v1/items", &json, large.as_bytes()).problem(401, "not_signed_in");
}

#[test]
fn every_answer_carries_its_request_id() {
    let (hospital, _) = set_up(Engine::Sqlite);
    let (admin, stranger) = (hospital.admin(), hospital.stranger());
    let given = admin.send("GET", "/api/v1/items", &[("x-request-id", "request-12345678")], b"").header("x-request-id");
    assert_eq!(given.as_deref(), Some("request-12345678"));
    let refusals = [
        admin.get("/api/v1/items/nope"),
        admin.get("/api/v1/items?limit=x"),
        admin.send("POST", "/api/v1/items", &[], b"{"),
        stranger.get("/api/v1/items"),
        stranger.get("/nothing-here"),
        hospital.with_role(Role::Viewer).send("POST", "/api/v1/items", &[], b"{}"),
        admin.send("PUT", "/api/v1/items", &[], b"{}"),
    ];
    for refused in refusals {
        assert_eq!(refused.header("x-content-type-options").as_deref(), Some("nosniff"), "{}", refused.text);
        let id = refused.header("x-request-id");
        let body: Value = serde_json::from_str(&refused.text).unwrap();
        assert!(id.is_some() && body["instance"].as_str() == id.as_deref(), "the instance leads to the log: {id:?} {body}");
    }
    assert!(admin.get("/docs/problems/not_found").text.contains("What to do"));
}

#[test]
fn no_secret_reaches_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}/wardstock.db", folder.path().display());
    let program = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wardstock"));
        command.args(arguments).args(["--database", &database]).current_dir(folder.path());
        command
    };
    assert!(program(&["migrate"]).output().unwrap().status.success());
    let made = program(&["token", "create", "--role", "admin", "--name", "Nadia Nobody"]).output().unwrap();
    let token = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    assert!(token.starts_with("ws_"), "token create prints only the token");
    let mut server =
        program(&["serve", "--listen", "127.0.0.1:0", "--log", "trace"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first_line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut first_line).unwrap();
    let mut log_pipe = server.stderr.take().unwrap();
    let log = std::thread::spawn(move || {
        let mut log = String::new();
        log_pipe.read_to_string(&mut log).map(|_| log)
    });
    let base = first_line.trim().strip_prefix("listening on ").unwrap().to_owned();
    let admin = Client::new(&base, Some(token.clone()));
    let mut secrets = vec![token.clone(), "Nadia Nobody".into(), "Paula Patient".into(), "body-word-77".into(), "ws_7_wrongsecret".into()];
    admin.upload("/api/v1/imports", &[("places.csv", "code,name,kind\nH1,Paula Patient,site\n")]).want(200);
    let issued = admin.post("/api/v1/tokens", &json!({"name": "Paula Patient", "role": "viewer"})).want(201);
    let device = admin.post("/api/v1/devices", &json!({"code": "gw-9", "name": "body-word-77", "approve": true})).want(201);
    let rotated = admin.post("/api/v1/devices/gw-9/rotate", &json!({})).want(200);
    secrets.extend([&issued, &device, &rotated].map(|answer| answer["token"].as_str().unwrap().to_owned()));
    admin.post("/api/v1/items", &json!({"code": "body-word-77", "nobody_knows": "Paula Patient"})).want(422);
    Client::new(&base, Some("ws_7_wrongsecret".into())).get("/api/v1/items").want(401);
    Client::new(&base, None).get("/api/v1/items?token=body-word-77").want(401);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let signed_in = Client::new(&base, None).send("POST", "/sign-in", &form, format!("token={token}").as_bytes());
    let cookie = signed_in.header("set-cookie").unwrap_or_default().split(['=', ';']).nth(1).unwrap_or_default().to_owned();
    assert!(cookie.len() > 30, "a session: {} {}", signed_in.status, signed_in.text);
    Client::new(&base, None).send("GET", "/stock", &[("cookie", &format!("wardstock_session={cookie}"))], b"");
    secrets.push(cookie);
    server.kill().unwrap();
    server.wait().unwrap();
    let log = log.join().unwrap().unwrap();
    assert!(log.lines().count() > 8 && log.contains("/api/v1/devices/gw-9/rotate"), "the log is found:\n{log}");
    for secret in &secrets {
        assert!(!log.contains(secret.as_str()), "the log holds '{secret}':\n{log}");
    }
    let kept = std::fs::read(folder.path().join("wardstock.db")).unwrap();
    for secret in secrets.iter().filter(|secret| secret.starts_with("ws_")) {
        assert!(!kept.windows(secret.len()).any(|part| part == secret.as_bytes()), "the database holds a token in clear");
    }
}
