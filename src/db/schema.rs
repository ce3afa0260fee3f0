//! The tables as diesel sees them, in the order of the migrations, those of `sensing` in a file of their own; `tests/migrations.rs`
//! holds them to both databases.

mod sensing;

pub use self::sensing::*;

diesel::table! {
    item (id) {
        id -> BigInt,
        code -> Text,
        name -> Text,
        form -> Nullable<Text>,
        strength -> Nullable<Text>,
        base_unit -> Text,
        gtin -> Nullable<Text>,
        atc -> Nullable<Text>,
        ven -> Text,
        storage_class -> Text,
        controlled -> Bool,
        volume_ml -> Double,
        shelf_life_days -> Nullable<BigInt>,
        forecast_group -> Nullable<Text>,
        archived -> Bool,
        version -> BigInt,
        updated_at -> BigInt,
        predecessor_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    supplier (id) {
        id -> BigInt,
        code -> Text,
        name -> Text,
        gln -> Nullable<Text>,
        lead_time_days -> BigInt,
        lead_time_sd_days -> Double,
        order_cost_minor -> BigInt,
        min_order_minor -> BigInt,
        currency -> Text,
        order_weekdays -> BigInt,
        archived -> Bool,
        version -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    offer (id) {
        id -> BigInt,
        item_id -> BigInt,
        supplier_id -> BigInt,
        units_per_pack -> BigInt,
        price_minor -> BigInt,
        currency -> Text,
        moq_packs -> BigInt,
        lead_time_days -> Nullable<BigInt>,
        valid_from_day -> BigInt,
        valid_to_day -> Nullable<BigInt>,
        archived -> Bool,
        version -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    substitute (item_id, substitute_item_id) {
        item_id -> BigInt,
        substitute_item_id -> BigInt,
        ratio -> Double,
        needs_approval -> Bool,
        version -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    delivery (delivery_key) {
        delivery_key -> Text,
        supplier_id -> BigInt,
        item_id -> Nullable<BigInt>,
        ordered_day -> BigInt,
        promised_day -> Nullable<BigInt>,
        received_day -> Nullable<BigInt>,
        packs -> Nullable<BigInt>,
    }
}

diesel::table! {
    access_token (id) {
        id -> BigInt,
        name -> Text,
        role -> Text,
        site_id -> Nullable<BigInt>,
        secret_sha256 -> Text,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    session (secret_sha256) {
        secret_sha256 -> Text,
        token_id -> BigInt,
        csrf -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    idempotency (caller, idempotency_key) {
        caller -> Text,
        idempotency_key -> Text,
        body_sha256 -> Text,
        status -> BigInt,
        location -> Nullable<Text>,
        etag -> Nullable<Text>,
        answer -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    code_directory (noun, code) {
        noun -> Text,
        code -> Text,
        site_id -> BigInt,
        id -> BigInt,
    }
}

diesel::table! {
    place (site_id, id) {
        site_id -> BigInt,
        id -> BigInt,
        code -> Text,
        name -> Text,
        kind -> Text,
        parent_id -> Nullable<BigInt>,
        timezone -> Nullable<Text>,
        capacity_ambient_litres -> Nullable<Double>,
        capacity_refrigerated_litres -> Nullable<Double>,
        capacity_frozen_litres -> Nullable<Double>,
        capacity_controlled_litres -> Nullable<Double>,
        archived -> Bool,
        version -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    stock_point (site_id, id) {
        site_id -> BigInt,
        id -> BigInt,
        item_id -> BigInt,
        place_id -> BigInt,
        par_level -> Nullable<BigInt>,
        max_level -> Nullable<BigInt>,
        version -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    lot (site_id, id) {
        site_id -> BigInt,
        id -> BigInt,
        item_id -> BigInt,
        lot_code -> Text,
        expiry_day -> BigInt,
        no_expiry -> Bool,
        state -> Text,
    }
}

diesel::table! {
    movement (site_id, id) {
        site_id -> BigInt,
        id -> BigInt,
        stock_point_id -> BigInt,
        lot_id -> BigInt,
        kind -> Text,
        quantity_delta -> BigInt,
        requested_units -> Nullable<BigInt>,
        source -> Text,
        source_key -> Text,
        event_at -> BigInt,
        recorded_at -> BigInt,
        reason -> Nullable<Text>,
        actor -> Text,
        reversal_of -> Nullable<BigInt>,
    }
}

diesel::table! {
    level (site_id, stock_point_id, lot_id) {
        site_id -> BigInt,
        stock_point_id -> BigInt,
        lot_id -> BigInt,
        quantity -> BigInt,
        as_of -> BigInt,
        last_movement_id -> BigInt,
    }
}

diesel::table! {
    item_level (site_id, item_id) {
        site_id -> BigInt,
        item_id -> BigInt,
        on_hand -> BigInt,
    }
}

diesel::table! {
    item_par (site_id, item_id) {
        site_id -> BigInt,
        item_id -> BigInt,
        par_level -> BigInt,
    }
}

diesel::table! {
    demand_history (site_id, stock_point_id, start_day) {
        site_id -> BigInt,
        stock_point_id -> BigInt,
        start_day -> BigInt,
        period_days -> BigInt,
        quantity -> BigInt,
        requested_units -> BigInt,
        stocked_out_share -> Double,
    }
}

diesel::table! {
    forecast (site_id, stock_point_id, id) {
        site_id -> BigInt,
        stock_point_id -> BigInt,
        id -> BigInt,
        made_at -> BigInt,
        method -> Text,
        mean_daily_units -> Double,
        input_sha256 -> Text,
        body -> Text,
        run_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    plan (site_id, id) {
        site_id -> BigInt,
        id -> BigInt,
        state -> Text,
        requested_by -> Text,
        requested_at -> BigInt,
        options -> Text,
        finished_at -> Nullable<BigInt>,
        input_sha256 -> Nullable<Text>,
        instance -> Nullable<Text>,
        answer -> Nullable<Text>,
        failure -> Nullable<Text>,
        version -> BigInt,
    }
}

diesel::table! {
    plan_line (site_id, plan_id, line) {
        site_id -> BigInt,
        plan_id -> BigInt,
        line -> BigInt,
        stock_point_id -> BigInt,
        offer_id -> BigInt,
        packs -> BigInt,
        units_per_pack -> BigInt,
        price_minor -> BigInt,
        currency -> Text,
        order_day -> BigInt,
        arrival_day -> BigInt,
        reason -> Text,
        explanation -> Text,
        drivers -> Text,
        override_packs -> Nullable<BigInt>,
        override_reason -> Nullable<Text>,
        override_by -> Nullable<Text>,
        version -> BigInt,
    }
}

diesel::table! {
    purchase_order (site_id, id) {
        site_id -> BigInt,
        id -> BigInt,
        code -> Text,
        supplier_id -> BigInt,
        plan_id -> Nullable<BigInt>,
        state -> Text,
        order_day -> BigInt,
        expected_day -> BigInt,
        currency -> Text,
        total_minor -> BigInt,
        made_by -> Text,
        approved_by -> Nullable<Text>,
        sent_at -> Nullable<BigInt>,
        version -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    order_line (site_id, order_id, line) {
        site_id -> BigInt,
        order_id -> BigInt,
        line -> BigInt,
        stock_point_id -> BigInt,
        offer_id -> BigInt,
        packs -> BigInt,
        units_per_pack -> BigInt,
        price_minor -> BigInt,
        received_units -> BigInt,
    }
}

diesel::table! {
    alert (site_id, id) {
        site_id -> BigInt,
        id -> BigInt,
        kind -> Text,
        subject -> Text,
        severity -> Text,
        message -> Text,
        raised_at -> BigInt,
        acknowledged_at -> Nullable<BigInt>,
        acknowledged_by -> Nullable<Text>,
        closed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    job (site_id, id) {
        site_id -> BigInt,
        id -> BigInt,
        queue -> Text,
        kind -> Text,
        payload -> Text,
        state -> Text,
        run_at -> BigInt,
        attempts -> BigInt,
        max_attempts -> BigInt,
        lease_until -> Nullable<BigInt>,
        worker -> Nullable<Text>,
        dedupe_key -> Text,
        last_error -> Nullable<Text>,
    }
}

diesel::table! {
    outbox (site_id, id) {
        site_id -> BigInt,
        id -> BigInt,
        topic -> Text,
        payload -> Text,
        created_at -> BigInt,
        stream_number -> Nullable<BigInt>,
    }
}

diesel::table! {
    audit_log (site_id, seq) {
        site_id -> BigInt,
        seq -> BigInt,
        at -> BigInt,
        actor -> Text,
        action -> Text,
        subject -> Text,
        detail -> Text,
        prev_hash -> Text,
        hash -> Text,
    }
}

diesel::table! {
    forecast_run (site_id, id) {
        site_id -> BigInt,
        id -> BigInt,
        made_at -> BigInt,
        start_day -> BigInt,
        period_days -> BigInt,
        horizon_periods -> BigInt,
        series_count -> BigInt,
        model_version -> Text,
        seed -> BigInt,
        input_sha256 -> Text,
        input -> Text,
        accuracy -> Text,
    }
}

diesel::table! {
    holiday (site_id, day) {
        site_id -> BigInt,
        day -> BigInt,
        name -> Text,
        version -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    demand_event (site_id, id) {
        site_id -> BigInt,
        id -> BigInt,
        place_id -> Nullable<BigInt>,
        item_id -> Nullable<BigInt>,
        forecast_group -> Nullable<Text>,
        first_day -> BigInt,
        last_day -> BigInt,
        factor -> Double,
        note -> Text,
        created_by -> Text,
        version -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    backtest (site_id, id) {
        site_id -> BigInt,
        id -> BigInt,
        state -> Text,
        requested_by -> Text,
        requested_at -> BigInt,
        wish -> Text,
        progress -> Double,
        finished_at -> Nullable<BigInt>,
        result -> Nullable<Text>,
        failure -> Nullable<Text>,
    }
}

diesel::allow_tables_to_appear_in_same_query! {
    item, supplier, offer, substitute, delivery, access_token, session, idempotency, code_directory, place, stock_point, lot, movement,
    level, item_level, item_par, demand_history, forecast, device, device_health, channel, binding, observation, channel_last, ingest_batch, batch_horizon, quarantine_record,
    sensor_step, projection_task, belief, discrepancy, plan, plan_line, purchase_order, order_line, alert, job, outbox, audit_log,
    forecast_run, holiday, demand_event, backtest, registry_version, retention_gate, observation_hour,
    observation_day, rollup_dirty,
    vendor_post,
}
