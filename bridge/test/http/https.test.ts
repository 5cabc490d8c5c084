import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { TLSSocket } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { anyone, type Presented } from "#src/access/index.js";
import { createHttpServer, createServiceRoutes, type HttpServer, type HttpTls } from "#src/http/index.js";

const pem = (name: string): Buffer => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url));
const tls: HttpTls = { certificate: pem("server.crt"), key: pem("server.key") };
const withClients: HttpTls = { ...tls, clientCa: pem("ca.crt") };

const servers: HttpServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close(0);
});

const presented: Presented[] = [];

async function open(certificates: HttpTls): Promise<HttpServer> {
  presented.length = 0;
  const server = await createHttpServer({
    host: "127.0.0.1",
    port: 0,
    tls: certificates,
    limits: { connectionsMax: 10, stallMs: 5_000 },
    access(credentials) {
      presented.push(credentials);
      return anyone;
    },
    routes: createServiceRoutes({ health: () => ({ ready: true, state: "ready" }), status: async () => ({}) }),
  });
  servers.push(server);
  return server;
}

/** The status, and the serial number of the server's certificate. */
function get(server: HttpServer, client?: string): Promise<{ status: number; serial: string }> {
  const agent = new Agent({
    ca: pem("ca.crt"),
    ...(client === undefined ? {} : { cert: pem(`${client}.crt`), key: pem(`${client}.key`) }),
  });
  return new Promise((resolve, reject) => {
    const asked = request(`${server.url}/healthz`, { agent }, (response) => {
      const { socket } = response;
      const serialNumber = socket instanceof TLSSocket ? socket.getPeerCertificate().serialNumber : "";
      response.resume().on("end", () => {
        agent.destroy();
        resolve({ status: response.statusCode!, serial: serialNumber });
      });
    });
    asked.on("error", reject);
    asked.end();
  });
}

describe("HTTPS", () => {
  it("is served with the certificate, and with another one when it is replaced", async () => {
    const server = await open(tls);
    expect(server.url).toMatch(/^https:/);
    const first = await get(server);
    server.setTls({ certificate: pem("second-server.crt"), key: pem("second-server.key") });
    const second = await get(server);
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.serial).not.toBe(first.serial);
  });

  it("names clients by certificates of its CA, and nobody by others", async () => {
    const server = await open(withClients);
    for (const client of [undefined, "client", "other-client"]) expect((await get(server, client)).status).toBe(200);
    expect(presented).toEqual([{}, { commonName: "builder" }, {}]);
  });

  it("refuses connections without such a certificate where one is required", async () => {
    const server = await open({ ...withClients, requireClientCertificate: true });
    expect((await get(server, "client")).status).toBe(200);
    await expect(get(server)).rejects.toThrow();
    await expect(get(server, "other-client")).rejects.toThrow();
  });

  it("says that a key does not belong to the certificate", async () => {
    await expect(open({ certificate: pem("server.crt"), key: pem("client.key") })).rejects.toThrow(
      /^cannot use the TLS certificate and key: /,
    );
  });
});
