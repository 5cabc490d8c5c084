import type { Agent } from "node:http";

/** Connections that are kept between requests. Disposing it closes those that wait. */
export interface ConnectionPool extends Disposable {
  agentFor(protocol: "http:" | "https:"): Promise<Agent>;
}

/** @param connectionsMax to one host; further requests wait for a free one. */
export function createConnectionPool(connectionsMax: number): ConnectionPool {
  const agents = new Map<string, Promise<Agent>>();
  let isDisposed = false;
  async function createAgent(protocol: "http:" | "https:"): Promise<Agent> {
    // Loaded when something is asked for: see http-request.ts.
    const { Agent: AgentOf } = protocol === "http:" ? await import("node:http") : await import("node:https");
    const agent = new AgentOf({ keepAlive: true, maxSockets: connectionsMax });
    if (isDisposed) agent.destroy();
    return agent;
  }
  return {
    agentFor(protocol) {
      const known = agents.get(protocol) ?? createAgent(protocol);
      agents.set(protocol, known);
      return known;
    },
    [Symbol.dispose]() {
      isDisposed = true;
      for (const agent of agents.values()) void agent.then((each) => each.destroy());
    },
  };
}
