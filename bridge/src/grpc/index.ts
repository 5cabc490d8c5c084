export * from "./caller.js";
export * from "./proto-methods.js";
export * from "./rpc.js";
export { codeOf, decodeStatus, encodeStatus } from "./status-details.js";
export { createGrpcServer, type GrpcServer, type GrpcServerOptions } from "./server/create-grpc-server.js";
export { defaultServerLimits, type ServerLimits } from "./server/server-limits.js";
export type { CallEnd } from "./http2/server-call.js";
export { connect } from "./client/connect.js";
export type { ChannelCallOptions, ChannelOptions, GrpcChannel } from "./client/grpc-channel.js";
