// The server's time as a code, ten times a second: the browser's own clock may be wrong, only its seconds count.
const canvas = document.getElementById("code");
const words = document.getElementById("time");
const codes = new Map(); // moment, ms -> rows
let ahead = null; // ms, of the server's time against performance.now()
let trip = Infinity; // ms, of the answer that this is known from
let period = 100;
let newest = 0;
let drawn = 0;

async function ask(count) {
  const sent = performance.now();
  const answer = await fetch(`/api/clock?after=${newest}&count=${count}`, { cache: "no-store" });
  const heard = performance.now(); // as the first of it came: the codes behind it take longer
  if (!answer.ok) throw new Error(`the server says ${answer.status}`);
  const said = await answer.json();
  period = said.period;
  for (const code of said.codes) {
    codes.set(code.at, code.rows);
    newest = Math.max(newest, code.at);
  }
  if (!count && heard - sent < trip) {
    trip = heard - sent;
    ahead = said.now - (sent + heard) / 2;
  }
}

async function follow() {
  try {
    trip *= 1.05; // what was known long ago counts less
    for (let i = 0; i < 4; i += 1) await ask(0);
    if (newest < performance.now() + ahead + 4000) await ask(60);
  } catch (problem) {
    words.textContent = `no answer: ${problem.message}`;
  }
  setTimeout(follow, 1000);
}

function draw() {
  requestAnimationFrame(draw);
  if (ahead === null) return;
  const now = performance.now() + ahead;
  const moment = Math.floor(now / period) * period;
  if (moment === drawn) return;
  drawn = moment;
  const rows = codes.get(moment);
  for (const at of codes.keys()) if (at < moment) codes.delete(at);
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  if (!rows) return;
  const size = Math.floor(canvas.width / rows.length);
  pen.fillStyle = "#000";
  rows.forEach((row, y) => [...row].forEach((pixel, x) => { if (pixel === "1") pen.fillRect(x * size, y * size, size, size); }));
  words.textContent = `${new Date(moment).toISOString().slice(11, 21)} UTC, known to ${(trip / 2).toFixed(0)} ms`;
}

navigator.wakeLock?.request("screen").catch(() => {});
follow();
draw();
