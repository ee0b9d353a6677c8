// The landing page: the reader's language, and what is up. It works before any application is
// loaded and when none can be, so it is plain HTML with this one script.

const STORAGE_KEY = "bancada.language";
const LANGUAGES = ["pt-BR", "en"];
const POLL_MS = 5_000;
const TIMEOUT_MS = 4_000;

const TEXTS = {
  "pt-BR": {
    title: "Bancada: pagamentos com cartão na sua máquina",
    navigation: "Principal",
    language: "Idioma",
    up: "no ar",
    down: "fora do ar",
    bank: "Banco",
    checkout: "Loja",
    extrato: "Extrato",
  },
  en: {
    title: "Bancada: card payments on your machine",
    navigation: "Main",
    language: "Language",
    up: "up",
    down: "down",
    bank: "Bank",
    checkout: "Shop",
    extrato: "Statement",
  },
};

const byId = (id) => document.getElementById(id);
let language = chosenLanguage();
// What is on the page now, so that nothing is announced twice.
let shown = null;
let parts = null;

// The applications keep the choice under the same key, as JSON.
function chosenLanguage() {
  let stored = null;
  try {
    stored = JSON.parse(localStorage.getItem(STORAGE_KEY));
  } catch {
    // A browser may refuse storage; then nothing is remembered.
  }
  if (LANGUAGES.includes(stored)) return stored;
  const spoken = { pt: "pt-BR", en: "en" };
  const known = navigator.languages.map((tag) => spoken[tag.split("-")[0].toLowerCase()]);
  return known.find(Boolean) ?? "en";
}

function speak(chosen) {
  language = chosen;
  const texts = TEXTS[language];
  document.documentElement.lang = language;
  document.title = texts.title;
  byId("navigation").setAttribute("aria-label", texts.navigation);
  byId("language").setAttribute("aria-label", texts.language);
  for (const button of byId("language").children) {
    button.setAttribute("aria-pressed", String(button.dataset.language === language));
  }
  shown = null;
  showStatus();
}

function remember(chosen) {
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(chosen));
  } catch {
    // The choice then lasts as long as the page.
  }
}

function showStatus() {
  const now = JSON.stringify(parts);
  if (parts === null || now === shown) return;
  shown = now;
  const reachable = parts !== "unreachable";
  byId("status").dataset.state = reachable ? "known" : "unreachable";
  byId("status-asking").hidden = true;
  byId("status-unreachable").hidden = reachable;
  byId("status-parts").hidden = !reachable;
  byId("status-parts").replaceChildren(...(reachable ? parts.map(line) : []));
}

function line(part) {
  const texts = TEXTS[language];
  const item = document.createElement("li");
  item.className = "line";
  item.dataset.part = part.name;
  item.dataset.up = String(part.up);
  const name = document.createElement("span");
  name.className = "line-text";
  name.textContent = texts[part.name] ?? part.name;
  if (part.detail) {
    const detail = document.createElement("span");
    detail.className = "small";
    detail.textContent = part.detail;
    name.append(detail);
  }
  const state = document.createElement("span");
  state.className = part.up ? "badge badge-good" : "badge badge-bad";
  state.textContent = part.up ? texts.up : texts.down;
  item.append(name, state);
  return item;
}

// What a proxy or a captive portal answers may be JSON as well.
function partsOf(status) {
  const isPart = (part) => typeof part?.name === "string" && typeof part.up === "boolean";
  const found = status?.parts;
  return Array.isArray(found) && found.every(isPart) ? found : "unreachable";
}

async function ask() {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch("/api/status", { signal, cache: "no-store" });
    const status = await response.json();
    parts = partsOf(status);
  } catch {
    parts = "unreachable";
  }
  // Whatever goes wrong with showing it, it is asked again.
  setTimeout(ask, POLL_MS);
  showStatus();
}

byId("language").hidden = false;
byId("language").addEventListener("click", (event) => {
  const chosen = event.target.dataset.language;
  if (!chosen) return;
  remember(chosen);
  speak(chosen);
});
speak(language);
ask();
