// Passkeys: hands what the page knows to allauth's own script, and says in words what the browser refused. Without this file the buttons stay hidden.

const REFUSED = "The browser was not given a passkey, or it took too long. Nothing was changed. Try again, or use another way.";
const UNABLE = "This browser cannot use passkeys here: they need an address with a name, over https. Use another way.";

const say = (sentence) => {
  const problem = document.querySelector("[data-passkey-problem]");
  problem.hidden = !sentence;
  problem.textContent = sentence;
};

document.querySelector("[data-passkey-without]")?.remove();
const form = document.querySelector("form[data-passkey]");
const button = document.getElementById("passkey-button");

// A browser keeps passkeys for names alone, never for the number of a machine.
const able = window.PublicKeyCredential && !/^[\d.]+$|^\[/.test(location.hostname);

if (!able) {
  if (form.dataset.passkey !== "loginForm") say(UNABLE);
} else {
  button.hidden = false;
  const ids = { add: button.id, authenticate: button.id, login: button.id, credential: form.elements.credential.id, passwordless: form.elements.passwordless?.id };
  const options = JSON.parse(form.dataset.options || "null");
  const data = { creation_options: options, request_options: options };
  button.addEventListener("click", () => say(""));
  window.allauth.webauthn.forms[form.dataset.passkey]({ ids, data });
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  say(REFUSED);
});
