import { Code, StatusError } from "../status/index.js";
import type { Exchange, Route } from "./exchange.js";
import { sendError, sendText } from "./replies.js";

/** What became of a request. */
export interface RoutedRequest {
  /** The name of the route, or `none`. */
  readonly route: string;
  /** What an internal error was, for the log. */
  readonly error?: StatusError;
}

/**
 * Answers each request by the first route that matches its path and knows its method; 404 and 405 where there is none. Never fails.
 */
export function createRouter(routes: readonly Route[]): (exchange: Exchange) => Promise<RoutedRequest> {
  return async (exchange) => {
    const here = routes.filter((route) => route.matches(exchange.path));
    const route = here.find(({ methods }) => methods.includes(exchange.request.method ?? ""));
    if (route !== undefined) return answer(route, exchange);
    if (here.length === 0) {
      sendText(exchange, 404, "there is nothing at this path");
      return { route: "none" };
    }
    exchange.response.setHeader("allow", [...new Set(here.flatMap(({ methods }) => methods))].join(", "));
    sendText(exchange, 405, "this path does not know that method");
    return { route: here[0]!.name };
  };
}

async function answer(route: Route, exchange: Exchange): Promise<RoutedRequest> {
  try {
    await route.handle(exchange);
    return { route: route.name };
  } catch (reason) {
    const error = StatusError.from(reason);
    // What went wrong in here is for the log: a client learns only that it did.
    const hidden = error.code === Code.Internal;
    sendError(exchange, hidden ? new StatusError(Code.Internal, "internal error; the server's log says more") : error);
    return { route: route.name, error };
  }
}
