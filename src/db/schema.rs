//! The tables as diesel sees them, in the order of the migrations; `tests/migrations.rs` holds it to both databases.

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
    device (site_id, id) {
        site_id -> BigInt,
        id -> BigInt,
        code -> Text,
        name -> Text,
        state -> Text,
        secret_sha256 -> Text,
        commissioned_at -> BigInt,
        version -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    device_health (site_id, device_id) {
        site_id -> BigInt,
        device_id -> BigInt,
        last_seen_at -> BigInt,
        last_event_at -> BigInt,
        boot_id -> Text,
        last_seq -> BigInt,
        battery_pct -> Nullable<BigInt>,
        firmware -> Nullable<Text>,
        records_stored -> BigInt,
        records_quarantined -> BigInt,
        records_rejected -> BigInt,
        records_lost -> BigInt,
    }
}

diesel::table! {
    channel (site_id, id) {
        site_id -> BigInt,
        id -> BigInt,
        device_id -> BigInt,
        code -> Text,
    }
}

diesel::table! {
    binding (site_id, id) {
        site_id -> BigInt,
        id -> BigInt,
        channel_id -> BigInt,
        kind -> Text,
        stock_point_id -> BigInt,
        mode -> Text,
        unit_weight_mg -> Nullable<BigInt>,
        tare_mg -> BigInt,
        max_units -> BigInt,
        settle_seconds -> BigInt,
        valid_from -> BigInt,
        valid_to -> BigInt,
    }
}

diesel::table! {
    observation (site_id, channel_id, observed_at, dedupe_key) {
        site_id -> BigInt,
        channel_id -> BigInt,
        observed_at -> BigInt,
        dedupe_key -> BigInt,
        event_at -> BigInt,
        received_at -> BigInt,
        kind -> Text,
        value -> BigInt,
        quality -> Text,
    }
}

diesel::table! {
    channel_last (site_id, channel_id) {
        site_id -> BigInt,
        channel_id -> BigInt,
        observed_at -> BigInt,
        dedupe_key -> BigInt,
        event_at -> BigInt,
        received_at -> BigInt,
        value -> BigInt,
    }
}

diesel::table! {
    ingest_batch (site_id, device_id, boot_id, seq) {
        site_id -> BigInt,
        device_id -> BigInt,
        boot_id -> Text,
        seq -> BigInt,
        id -> BigInt,
        body_sha256 -> Text,
        status -> BigInt,
        answer -> Text,
        received_at -> BigInt,
    }
}

diesel::table! {
    quarantine_record (site_id, id) {
        site_id -> BigInt,
        id -> BigInt,
        device_id -> BigInt,
        record_key -> Text,
        channel -> Text,
        code -> Text,
        raw -> Text,
        received_at -> BigInt,
        resolved_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    sensor_step (site_id, binding_id, event_at, revision) {
        site_id -> BigInt,
        binding_id -> BigInt,
        event_at -> BigInt,
        revision -> BigInt,
        kind -> Text,
        reason -> Text,
        quantity_delta -> BigInt,
        reversed -> Bool,
    }
}

diesel::table! {
    projection_task (site_id, binding_id) {
        site_id -> BigInt,
        binding_id -> BigInt,
        dirty_from -> BigInt,
        due_at -> BigInt,
    }
}

diesel::table! {
    belief (site_id, stock_point_id) {
        site_id -> BigInt,
        stock_point_id -> BigInt,
        estimate -> BigInt,
        low -> BigInt,
        high -> BigInt,
        confidence -> Text,
        as_of -> BigInt,
        mode -> Text,
        reasons -> Text,
    }
}

diesel::table! {
    discrepancy (site_id, id) {
        site_id -> BigInt,
        id -> BigInt,
        stock_point_id -> BigInt,
        book_units -> BigInt,
        estimate_units -> BigInt,
        state -> Text,
        opened_at -> BigInt,
        resolved_at -> Nullable<BigInt>,
        resolved_by -> Nullable<Text>,
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

diesel::table! {
    registry_version (site_id) {
        site_id -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    retention_gate (site_id) {
        site_id -> BigInt,
        cutoff -> BigInt,
    }
}

diesel::table! {
    observation_hour (site_id, channel_id, bucket) {
        site_id -> BigInt,
        channel_id -> BigInt,
        bucket -> BigInt,
        observations -> BigInt,
        min_value -> BigInt,
        max_value -> BigInt,
        sum_value -> BigInt,
        last_at -> BigInt,
        last_value -> BigInt,
    }
}

diesel::table! {
    observation_day (site_id, channel_id, bucket) {
        site_id -> BigInt,
        channel_id -> BigInt,
        bucket -> BigInt,
        observations -> BigInt,
        min_value -> BigInt,
        max_value -> BigInt,
        sum_value -> BigInt,
        last_at -> BigInt,
        last_value -> BigInt,
    }
}

diesel::table! {
    rollup_dirty (site_id, channel_id, bucket) {
        site_id -> BigInt,
        channel_id -> BigInt,
        bucket -> BigInt,
        marked_at -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query! {
    item, supplier, offer, substitute, delivery, access_token, session, idempotency, code_directory, place, stock_point, lot, movement,
    level, demand_history, forecast, device, device_health, channel, binding, observation, channel_last, ingest_batch, quarantine_record,
    sensor_step, projection_task, belief, discrepancy, plan, plan_line, purchase_order, order_line, alert, job, outbox, audit_log,
    forecast_run, holiday, demand_event, backtest, registry_version, retention_gate, observation_hour,
    observation_day, rollup_dirty,
}
