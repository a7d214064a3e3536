// The part of the settings that has this browser told while no page is open. The browser asks for leave on a click, and
// only then.

import { ask } from "./api.js";

export async function offerPush(place) {
  if (!place) return;
  const [button, state] = [place.querySelector("button"), place.querySelector("[role=status]")];
  const say = (words) => (state.textContent = words);
  if (!("serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis)) {
    say("This browser cannot be told while Natter is not open.");
    return;
  }
  const registration = await navigator.serviceWorker.register("/sw.js").then(() => navigator.serviceWorker.ready);
  let subscription = await registration.pushManager.getSubscription();

  const draw = () => {
    button.hidden = false;
    button.textContent = subscription ? "Stop telling this browser" : "Tell this browser";
    say(subscription ? "This browser is told of what concerns you." : "");
  };
  const begin = async () => {
    if ((await Notification.requestPermission()) !== "granted") {
      say("The browser does not allow it. Its settings for this site say why.");
      return;
    }
    const { key } = (await ask("GET", "/push")) ?? {};
    subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    const { endpoint, keys } = subscription.toJSON();
    if (await ask("POST", "/push", { endpoint, keys })) return;
    await subscription.unsubscribe();
    subscription = null;
    say("The server could not be told. Try again.");
  };
  const end = async () => {
    await ask("DELETE", "/push", { endpoint: subscription.endpoint });
    await subscription.unsubscribe();
    subscription = null;
  };
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await (subscription ? end() : begin());
      draw();
    } catch {
      say("That did not work. Try again.");
    }
    button.disabled = false;
  });
  draw();
}
