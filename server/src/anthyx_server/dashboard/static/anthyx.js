// What pages do beyond links and forms. Without it they still work, less comfortably.
"use strict";

document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    const source = document.getElementById(copy.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      // Over plain HTTP there is no clipboard: the person copies what is selected.
      getSelection().selectAllChildren(source);
      return;
    }
    document.dispatchEvent(new CustomEvent("anthyx:copied", { detail: source.id }));
    const text = copy.textContent;
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = text; }, 2000);
  }
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    event.preventDefault();
    document.getElementById(opener.dataset.opens).showModal();
  }
  const closer = event.target.closest("[data-closes]");
  const closing = closer?.closest("dialog");
  if (closing) {
    event.preventDefault();
    closing.close();
  }
  const adder = event.target.closest("[data-adds]");
  if (adder) {
    // Puts a line at the end of a text area, unless it is there already.
    const area = document.getElementById(adder.dataset.adds);
    const lines = area.value.split("\n").map((line) => line.trim()).filter(Boolean);
    if (!lines.includes(adder.dataset.value)) {
      lines.push(adder.dataset.value);
    }
    area.value = lines.join("\n");
    area.focus();
  }
});

// Ticks, or unticks, all boxes of a name.
document.addEventListener("change", (event) => {
  const name = event.target.dataset.checks;
  if (name) {
    for (const box of event.target.form.querySelectorAll(`input[type=checkbox][name="${name}"]`)) {
      box.checked = event.target.checked;
    }
  }
});

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "true";
  for (const button of form.querySelectorAll("button[type=submit]")) {
    button.setAttribute("aria-disabled", "true");
  }
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) {
    delete form.dataset.sent;
  }
});

// What is shown once must not be closed before it was copied.
const guarded = document.querySelector("[data-shown-once]");
if (guarded) {
  const warn = (event) => event.preventDefault();
  window.addEventListener("beforeunload", warn);
  document.addEventListener("anthyx:copied", (event) => {
    if (event.detail === guarded.dataset.shownOnce) {
      window.removeEventListener("beforeunload", warn);
      document.dispatchEvent(new CustomEvent("anthyx:kept"));
    }
  });
  document.addEventListener("copy", () => {
    const source = document.getElementById(guarded.dataset.shownOnce);
    if (getSelection().toString().trim() === source.textContent) {
      document.dispatchEvent(new CustomEvent("anthyx:copied", { detail: source.id }));
    }
  });
  // A browser may keep the page itself for its Back button, whatever the headers say.
  window.addEventListener("pagehide", () => {
    for (const shown of guarded.querySelectorAll("pre")) {
      shown.textContent = "(shown once)";
    }
  });
}

// A dialog whose content is fetched opens with it.
document.addEventListener("htmx:after:swap", () => {
  const dialog = document.querySelector("dialog[data-opens-when-filled]:not([open]):not(:empty)");
  if (dialog) {
    dialog.showModal();
  }
});
document.addEventListener("close", (event) => {
  if (event.target.matches("dialog[data-opens-when-filled]")) {
    event.target.replaceChildren();
  }
}, true);
