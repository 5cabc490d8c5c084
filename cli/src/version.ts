/** The version that is told to people, clusters and clients. */
export const VERSION = "0.1.0";
