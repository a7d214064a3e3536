// Requests to this site's own API.

/** Asks, and gives what came back, or nothing where that failed. */
export async function ask(method, path, body) {
  const headers = body === undefined ? undefined : { "content-type": "application/json" };
  try {
    const answer = await fetch(`/api${path}`, { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) return undefined;
    return answer.status === 204 ? {} : await answer.json();
  } catch {
    return undefined;
  }
}
