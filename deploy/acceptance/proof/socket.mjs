// A WebSocket client as small as it can be: text frames of a server, without extensions. Node 20 has none of its own.

import { randomBytes } from "node:crypto";
import { connect } from "node:net";

const [TEXT, CLOSE, PING, PONG] = [1, 8, 9, 10];
const OPEN_MS = 20_000;

// Opens a connection; `heard` is called with each text and the time at which its bytes came.
export function open(url, { headers = {}, heard, closed = () => {} }) {
  const { hostname, port, pathname, search } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    const late = setTimeout(() => socket.destroy(new Error(`${url} did not answer`)), OPEN_MS);
    const lines = [`GET ${pathname}${search} HTTP/1.1`, `Host: ${hostname}:${port}`, "Upgrade: websocket", "Connection: Upgrade",
      "Sec-WebSocket-Version: 13", `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    let rest = Buffer.alloc(0);
    let upgraded = false;
    let code = null;
    const line = {
      send: (text) => socket.write(frame(TEXT, Buffer.from(text))),
      end: () => socket.end(frame(CLOSE, Buffer.from([3, 232]))),
      cut: () => socket.destroy(),
    };
    socket.on("data", (data) => {
      const now = performance.now();
      rest = rest.length ? Buffer.concat([rest, data]) : data;
      if (!upgraded) {
        const end = rest.indexOf("\r\n\r\n");
        if (end < 0) return;
        const status = rest.subarray(0, end).toString().split("\r\n")[0];
        if (!status.includes(" 101 ")) return socket.destroy(new Error(`${url}: ${status}`));
        rest = rest.subarray(end + 4);
        upgraded = true;
        clearTimeout(late);
        resolve(line);
      }
      rest = frames(rest, (opcode, payload) => {
        if (opcode === TEXT) heard(payload.toString(), now);
        if (opcode === PING) socket.write(frame(PONG, payload));
        if (opcode === CLOSE) { code = payload.length >= 2 ? payload.readUInt16BE(0) : null; socket.end(); }
      });
    });
    socket.on("error", (error) => { clearTimeout(late); reject(error); });
    socket.on("close", () => { clearTimeout(late); reject(new Error(`${url} closed`)); closed(code); });
  });
}

// Reads the whole frames, gives what is left.
function frames(bytes, take) {
  let at = 0;
  while (bytes.length - at >= 2) {
    const short = bytes[at + 1] & 0x7f;
    const head = short === 127 ? 10 : short === 126 ? 4 : 2;
    if (bytes.length - at < head) break;
    const length = short === 127 ? Number(bytes.readBigUInt64BE(at + 2)) : short === 126 ? bytes.readUInt16BE(at + 2) : short;
    if (bytes.length - at < head + length) break;
    take(bytes[at] & 0x0f, bytes.subarray(at + head, at + head + length));
    at += head + length;
  }
  return at ? bytes.subarray(at) : bytes;
}

// A client's frame, whose bytes have to be masked; the mask need not be a secret here.
function frame(opcode, payload) {
  const { length } = payload;
  const head = length < 126 ? Buffer.from([0x80 | opcode, 0x80 | length]) : Buffer.from([0x80 | opcode, 0x80 | 126, length >> 8, length & 255]);
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}
