// A chat as most teams would write it: Socket.IO, its Redis adapter, PostgreSQL. A message is stored, then told to its room,
// then acknowledged. DATABASE_URL and REDIS_URL as for Natter; it prints where it listens.

import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

import { createAdapter } from "@socket.io/redis-adapter";
import pg from "pg";
import { createClient } from "redis";
import { Server } from "socket.io";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 20 });
await pool.query("create table if not exists peer_messages (id bigserial primary key, room text not null, author text not null, body text not null, created_at timestamptz not null default now())");
await pool.query("create index if not exists peer_messages_room on peer_messages (room, id)");

const page = join(import.meta.dirname, "public/index.html");
const http = createServer((request, response) => {
  response.setHeader("content-type", "text/html; charset=utf-8");
  createReadStream(page).pipe(response);
});

const publisher = createClient({ url: process.env.REDIS_URL });
const subscriber = publisher.duplicate();
await Promise.all([publisher.connect(), subscriber.connect()]);

const io = new Server(http, { adapter: createAdapter(publisher, subscriber), transports: ["websocket"] });
io.on("connection", (socket) => {
  const author = socket.handshake.auth.name ?? "nobody";
  socket.on("join", async (room, answer) => {
    await socket.join(room);
    const { rows } = await pool.query("select * from peer_messages where room = $1 order by id desc limit 50", [room]);
    answer?.(rows.reverse());
  });
  socket.on("send", async ({ room, body, nonce }, answer) => {
    const stored = await pool.query("insert into peer_messages (room, author, body) values ($1, $2, $3) returning id, created_at", [room, author, body]);
    const message = { ...stored.rows[0], room, author, body, nonce };
    socket.to(room).emit("message", message);
    answer?.(message);
  });
});

http.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${http.address().port}`));
process.once("SIGTERM", () => process.exit(0));
