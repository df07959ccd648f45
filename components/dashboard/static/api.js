// The server: one question, one answer, and an Error with a sentence where there is none.

export async function ask(path) {
  let answer;
  try {
    answer = await fetch(path, { signal: AbortSignal.timeout(15000), headers: { Accept: "application/json" } });
  } catch {
    throw new Error("The dashboard's server does not answer.");
  }
  if (answer.status === 401) {
    location.assign("/login");
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw new Error(typeof body.detail === "string" ? body.detail : `The server answered ${answer.status}.`);
  }
  return body;
}
