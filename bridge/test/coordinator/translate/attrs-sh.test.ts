import { describe, expect, it } from "vitest";
import { isJsonObject } from "#src/coordinator/derivation-options/index.js";
import { attrsShell } from "#src/coordinator/translate/attrs-sh.js";
import { byteStringOf, parseJson, textOf } from "#src/formats/index.js";

function shellOf(json: string): string {
  const value = parseJson(byteStringOf(json));
  if (!isJsonObject(value)) throw new Error("no object");
  return textOf(attrsShell(value));
}

// The first five are also what Snix expects (build-glue, structured_attrs).
describe(".attrs.sh", () => {
  it.each([
    ['{"k":{"bar":true,"b":1.0,"c":false,"d":true}}', "declare -A k=(['b']=1 ['bar']=1 ['c']= ['d']=1 )\n"],
    ['{"k":["bar",true]}', "declare -a k=('bar' 1 )\n"],
    [`{"k":"v'w"}`, "declare k='v'\\''w'\n"],
    ['{"k":1.1}', ""],
    ['{"k":[1,1.1]}', ""],
    ['{"k":[[1]],"l":{"m":{}},"n":[]}', "declare -a n=()\n"],
    ['{"k":null,"K":true,"_":false}', "declare K=1\ndeclare _=\ndeclare k=''\n"],
    ['{"1":1,"a-b":1,"a b":1,"":1,"é":1}', ""],
    [`{"k":{"a'b c":null}}`, "declare -A k=(['a'\\''b c']='' )\n"],
    ['{"k":"a\\nb"}', "declare k='a\nb'\n"],
  ])("%s", (json, expected) => {
    expect(shellOf(json)).toBe(expected);
  });

  it.each([
    ["12345678901", "-539222987"],
    ["9223372036854775807", "-1"],
    ["-2147483648", "-2147483648"],
    ["2147483648", "-2147483648"],
    ["2147483647", "2147483647"],
    ["1e9", "1000000000"],
    ["1e300", "-2147483648"],
    ["1e-300", "0"],
    ["-0.0", "0"],
    ["16777216.5", "16777216"],
  ])("the number %s is %s to bash", (number, expected) => {
    expect(shellOf(`{"k":${number}}`)).toBe(`declare k=${expected}\n`);
  });
});
