//! The native door over HTTP.

use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
use actix_web::{App, web};
use serde_json::{Value, json};

use super::*;
use crate::access::route;
use crate::web::metrics::Metrics;

#[test]
fn the_door_answers_as_documented() {
    let scene = Scene::new(true);
    scene.bind(Mode::Authoritative, Measure::Level, "c1");
    let token = scene.write(|tx| {
        let key = device::find(tx.conn, "gw-1")?;
        device::rotate(tx, "test", &key)
    });
    let body = |seq: i64, device: &str, records: Value| {
        json!({"schema": native::SCHEMA, "device": device, "boot_id": "b1", "seq": seq, "records": records}).to_string()
    };
    actix_web::rt::System::new().block_on(async {
        let metrics = Metrics::new().unwrap();
        let app = init_service(
            App::new()
                .app_data(web::Data::new(scene.db.clone()))
                .app_data(web::Data::new(metrics.clone()))
                .app_data(web::Data::new(crate::sensing::intake::Intake::default()))
                .configure(|config| route::serve(crate::sensing::http::routes(), config)),
        )
        .await;
        let post = |kind: &'static str, body: String| {
            TestRequest::post()
                .uri("/ingest/v1/observations")
                .insert_header(("authorization", format!("Bearer {token}")))
                .insert_header(("content-type", kind))
                .set_payload(body)
                .to_request()
        };
        let good = body(1, "gw-1", json!([level("c1", 0, 40), level("c2", 0, 4)]));
        let answer = call_service(&app, post("application/json", good.clone())).await;
        assert_eq!(answer.status(), StatusCode::MULTI_STATUS);
        let first: Value = read_body_json(answer).await;
        assert_eq!(
            (&first["stored"], &first["quarantined"], &first["results"][0]["code"]),
            (&json!(1), &json!(1), &json!("unknown_channel"))
        );
        let again: Value = read_body_json(call_service(&app, post("application/json", good.clone())).await).await;
        assert_eq!(again, first);
        let get = TestRequest::get()
            .uri(&format!("/ingest/v1/batches/{}", first["batch"].as_str().unwrap()))
            .insert_header(("authorization", format!("Bearer {token}")))
            .to_request();
        let shown: Value = read_body_json(call_service(&app, get).await).await;
        assert_eq!(shown, first);
        for (kind, body, want) in [
            ("application/json", body(1, "gw-1", json!([])), StatusCode::CONFLICT),
            ("application/json", body(2, "gw-2", json!([])), StatusCode::FORBIDDEN),
            ("application/json", body(3, "gw-1", json!([])), StatusCode::OK),
            ("application/json", "{".to_owned(), StatusCode::BAD_REQUEST),
            ("application/json", "{}".to_owned(), StatusCode::UNPROCESSABLE_ENTITY),
            ("text/plain", good, StatusCode::UNSUPPORTED_MEDIA_TYPE),
            ("application/x-ndjson", format!("{}\n{}", body(4, "gw-1", json!(null)), level("c1", 0, 40)), StatusCode::MULTI_STATUS),
        ] {
            assert_eq!(call_service(&app, post(kind, body.clone())).await.status(), want, "{body}");
        }
        let counted = |result: &str| metrics.ingest_records.with_label_values(&[result]).get();
        assert_eq!((counted("stored"), counted("duplicate"), counted("quarantined")), (1, 1, 1));
        let refused = call_service(&app, TestRequest::post().uri("/ingest/v1/observations").to_request()).await;
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    });
    scene.project();
    assert_eq!(scene.on_hand(), 40);
}
