addEventListener("online", () => location.reload());
const rooms = await (await caches.open("natter-rooms")).keys();
const list = document.querySelector(".readable");
for (const { url } of rooms.reverse()) {
  const { pathname } = new URL(url);
  const [, kind, name] = pathname.split("/");
  const link = document.createElement("a");
  link.href = pathname;
  link.textContent = (kind === "rooms" ? "#" : "@") + decodeURIComponent(name);
  list.append(document.createElement("li"));
  list.lastChild.append(link);
}
list.parentElement.hidden = rooms.length === 0;
