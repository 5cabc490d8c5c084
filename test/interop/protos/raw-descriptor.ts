/**
 * Generated code carries the descriptor of its .proto file as a literal in its source. Reading that literal needs neither a compiler for the
 * language nor its protobuf runtime, and works with any version of both.
 */

const GO_CONSTANT = /rawDesc = (?:string\()?((?:\[\]byte\{[^}]*\})|(?:"(?:[^"\\\n]|\\.)*"(?:\s*\+\s*)?)+)/;
const PYTHON_CALL = /AddSerializedFile\(b('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\)/;
const QUOTED = /"((?:[^"\\\n]|\\.)*)"/g;

/** The serialised FileDescriptorProto in a `*.pb.go` file: a list of bytes in older generators, string pieces in newer ones. */
export function fromGoSource(source: string): Buffer {
  const literal = GO_CONSTANT.exec(source)?.[1];
  if (literal === undefined) throw new Error("no raw descriptor in the Go source");
  if (literal.startsWith("[]byte"))
    return Buffer.from(Array.from(literal.matchAll(/0x[0-9a-f]{2}/g), (match) => Number(match[0])));
  return Buffer.concat(Array.from(literal.matchAll(QUOTED), (match) => unescape(match[1]!)));
}

/** The serialised FileDescriptorProto in a `*_pb2.py` file. */
export function fromPythonSource(source: string): Buffer {
  const literal = PYTHON_CALL.exec(source)?.[1];
  if (literal === undefined) throw new Error("no serialised descriptor in the Python source");
  return unescape(literal.slice(1, -1));
}

const SINGLE: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([\s\S]))|([^\\]+)/g;

/** Go and Python agree on these escapes; a Go file may hold bare UTF-8 besides, a Python one cannot. */
function unescape(text: string): Buffer {
  const parts: Buffer[] = [];
  for (const [, hex, short, long, octal, single, plain] of text.matchAll(ESCAPE)) {
    if (plain !== undefined) parts.push(Buffer.from(plain, "utf8"));
    else if (hex !== undefined) parts.push(Buffer.of(parseInt(hex, 16)));
    else if (octal !== undefined) parts.push(Buffer.of(parseInt(octal, 8)));
    else if (single !== undefined) parts.push(Buffer.of(SINGLE[single] ?? single.charCodeAt(0)));
    else parts.push(Buffer.from(String.fromCodePoint(parseInt(short ?? long!, 16)), "utf8"));
  }
  return Buffer.concat(parts);
}
