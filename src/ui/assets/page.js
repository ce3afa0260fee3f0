// Keeps pages fresh and sends what buttons ask for. Without it, pages are whole but stand still.
"use strict";

const csrf = document.querySelector('meta[name="csrf"]')?.content;
const said = document.getElementById("said");
const board = document.getElementById("board");

// Messages: one at a time, until it is put away or replaced.
function say(text, tone = "note") {
  const close = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: "Close" });
  close.addEventListener("click", () => said.replaceChildren());
  const words = Object.assign(document.createElement("p"), { textContent: text });
  said.className = tone;
  said.replaceChildren(words, close);
}

// Calls: the CSRF word with each, and a key so that sending twice has one effect.
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function post(path, body) {
  const headers = { accept: "application/json", "idempotency-key": newKey() };
  if (csrf) headers["x-csrf-token"] = csrf;
  if (body) headers["content-type"] = "application/json";
  const answer = await fetch(path, { method: "POST", headers, body: body && JSON.stringify(body), redirect: "manual" });
  const text = await answer.text();
  let json = {};
  try { json = text ? JSON.parse(text) : {}; } catch { json = {}; }
  if (!answer.ok) throw new Error(json.detail ?? `The service answered ${answer.status}.`);
  return json;
}

// One button at a time, disabled while its call runs.
async function doing(button, work) {
  button.disabled = true;
  try { await work(); } catch (cause) { say(cause instanceof TypeError ? "The service can't be reached. Try again." : cause.message, "bad"); } finally { button.disabled = false; }
}

let awaited = null; // the plan that was asked for here

async function plan(form) {
  const field = form.elements.namedItem("budget");
  const typed = field.value.replace(/[\s\u202f\u00a0]/g, "").replace(",", ".");
  const wish = { site: form.dataset.site };
  if (typed !== "") {
    if (!/^\d{1,12}(\.\d{1,2})?$/.test(typed)) {
      field.setAttribute("aria-invalid", "true");
      field.focus();
      throw new Error("The budget must be an amount such as 2500 or 2500.50, or empty for no limit.");
    }
    wish.budget = { minor: Math.round(Number(typed) * 100), currency: form.querySelector("[data-currency]").dataset.currency };
  }
  field.removeAttribute("aria-invalid");
  const made = await post("/api/v1/plans", wish);
  awaited = made.id;
  say("Planning: stock, sensors, forecasts and offers are being read. This takes some seconds.");
}

async function accept(button) {
  const made = await post(`/api/v1/plans/${encodeURIComponent(button.dataset.plan)}/accept`);
  const codes = (made.orders ?? []).map((order) => order.code);
  say(codes.length ? `${codes.length} draft ${codes.length === 1 ? "order" : "orders"} made: ${codes.join(", ")}. Next: another person approves.` : "Accepted: there was nothing to order.", "good");
  refresh();
}

// A trial takes minutes: its progress is said until it is over, then the page shows what it came to.
async function trial(form) {
  const policies = form.elements.namedItem("policies").value.trim().split(/\s+/).filter(Boolean);
  const { id } = await post("/api/v1/backtests", { site: form.dataset.site, policies });
  for (;;) {
    const answer = await fetch(`/api/v1/backtests/${encodeURIComponent(id)}`, { headers: { accept: "application/json" }, redirect: "manual" });
    if (!answer.ok) return location.reload();
    const shown = await answer.json();
    if (shown.state === "done" || shown.state === "failed") return location.reload();
    say(`Trying the policies on your record: ${Math.round(100 * shown.progress)}\u00a0%. You may leave this page meanwhile.`);
    await new Promise((over) => setTimeout(over, 2000));
  }
}

document.addEventListener("submit", (event) => {
  const work = { plan, trial }[event.target.dataset.do];
  if (!work) return;
  event.preventDefault();
  doing(event.target.querySelector("button"), () => work(event.target));
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-do]");
  if (button?.dataset.do === "accept") doing(button, () => accept(button));
  if (button?.dataset.do === "sign-out") doing(button, async () => { await post("/sign-out"); location.assign("/sign-in"); });
});

// Ages: "2 min ago", by the service's clock as far as this one keeps pace.
function ago(seconds) {
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)}\u00a0s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}\u00a0min ago`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)}\u00a0h ago`;
  return `${Math.floor(seconds / 86400)}\u00a0days ago`;
}

let skew = 0; // the service's clock less this one, milliseconds

function age() {
  for (const time of document.querySelectorAll("time[data-age]")) {
    const text = ago(Math.max(0, (Date.now() + skew - Date.parse(time.dateTime)) / 1000));
    if (time.textContent !== text) time.textContent = text;
  }
}
setInterval(age, 5000);

// Swapping: only sections that changed; open reasons, typed words and the focus stay.
const plain = (element) => element.outerHTML.replace(/(<time[^>]*data-age[^>]*>)[^<]*/g, "$1").replace(/ open=""| disabled=""/g, "");
const known = new Map();

function keep(section) {
  known.set(section.id, plain(section));
  for (const row of section.querySelectorAll("[data-key]:not(details)")) known.set(`${section.id}/${row.dataset.key}`, plain(row));
}

function swap(old, fresh) {
  if (known.get(fresh.id) === plain(fresh)) return;
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  for (const details of old.querySelectorAll("details[open][data-key]")) {
    fresh.querySelector(`details[data-key="${CSS.escape(details.dataset.key)}"]`)?.setAttribute("open", "");
  }
  for (const field of old.querySelectorAll("input[id]")) {
    const twin = fresh.querySelector(`#${CSS.escape(field.id)}`);
    if (twin) twin.value = field.value;
  }
  for (const row of fresh.querySelectorAll("[data-key]:not(details)")) {
    if (known.get(`${fresh.id}/${row.dataset.key}`) !== plain(row)) row.classList.add("fresh");
  }
  old.replaceWith(fresh);
  const bare = fresh.cloneNode(true);
  for (const row of bare.querySelectorAll(".fresh")) {
    row.classList.remove("fresh");
    if (row.className === "") row.removeAttribute("class");
  }
  keep(bare);
  if (!focused) return;
  const key = focused.closest("details")?.dataset.key;
  const link = focused.getAttribute("href");
  (focused.id && fresh.querySelector(`#${CSS.escape(focused.id)}`)
    || key && focused.matches("summary") && fresh.querySelector(`details[data-key="${CSS.escape(key)}"] summary`)
    || link && fresh.querySelector(`a[href="${CSS.escape(link)}"]`))?.focus({ preventScroll: true });
}

// Fetching: at once after a quiet time, else when 300 ms have passed, or longer where answers are slow; never two at a time.
const QUIET_MS = 300;
let pause = QUIET_MS;
let running = false;
let again = false;
let timer = 0;
let last = 0;

async function fetchBoard() {
  running = true;
  timer = 0;
  last = Date.now();
  try {
    const answer = await fetch(board.dataset.fragment, { headers: { accept: "text/html" }, redirect: "manual" });
    if (answer.type === "opaqueredirect" || answer.status === 401) return location.reload();
    if (!answer.ok) return;
    const stamp = Date.parse(answer.headers.get("date") ?? "");
    if (!Number.isNaN(stamp) && Math.abs(stamp - Date.now()) > 2000) skew = stamp - Date.now();
    const part = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const fresh of part.querySelectorAll("section[data-live]")) {
      const old = document.getElementById(fresh.id);
      if (old) swap(old, document.adoptNode(fresh));
    }
    age();
  } catch { /* the event line says that the connection is lost, and asks again when it is back */ } finally {
    running = false;
    pause = Math.min(5000, Math.max(QUIET_MS, 4 * (Date.now() - last)));
    if (again) { again = false; refresh(); }
  }
}

function refresh() {
  if (!board) return;
  if (running) { again = true; return; }
  if (timer || document.hidden) return;
  timer = setTimeout(fetchBoard, Math.max(0, last + pause - Date.now()));
}

// The event line.
function show(state, words) {
  const badge = document.getElementById("live");
  if (!badge || badge.dataset.state === state) return;
  badge.dataset.state = state;
  badge.textContent = words;
}

function onPlan(event) {
  refresh();
  let news = {};
  try { news = JSON.parse(event.data); } catch { return; }
  if (news.plan !== awaited) return;
  if (news.state === "done") { awaited = null; say("The plan is ready.", "good"); }
  if (news.state === "failed") {
    awaited = null;
    fetch(`/api/v1/plans/${encodeURIComponent(news.plan)}`, { headers: { accept: "application/json" } })
      .then((answer) => answer.json())
      .then((told) => say(`The plan failed: ${told.failure ?? "no reason was given"}`, "bad"))
      .catch(() => say("The plan failed.", "bad"));
  }
}

function listen() {
  const line = new EventSource("/api/v1/events");
  line.addEventListener("open", () => { show("live", "Live"); refresh(); });
  line.addEventListener("error", () => {
    const closed = line.readyState === EventSource.CLOSED;
    show("lost", closed ? "Connection lost: reload the page" : "Connection lost: trying again");
    if (closed) setTimeout(listen, 5000);
  });
  for (const topic of ["stock", "alert", "order", "device"]) line.addEventListener(topic, refresh);
  line.addEventListener("plan", onPlan);
}

if (board) {
  for (const section of board.querySelectorAll("section[data-live]")) keep(section);
  document.addEventListener("visibilitychange", refresh);
  setInterval(refresh, 60_000); // ages of silence grow without events
  listen();
}
