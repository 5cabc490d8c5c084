import fs from "node:fs";
import { openDiskStore } from "#src/store/index.js";
import { digestOf, blobInfoOf, parseDigest } from "#src/digest/index.js";
import crypto from "node:crypto";
const dir = fs.mkdtempSync("/tmp/casbench/s-");
const store = await openDiskStore({ directory: dir, storeDir: "/nix/store" });
const N = 100_000, B=3000;
const t=(n,l,f)=>{};
const infos=[];
let s=performance.now();
for (let r=0;r<N/B;r++){ const blobs=[]; for(let i=0;i<B;i++){ blobs.push({bytes: crypto.randomBytes(1024)}); } 
 const a=performance.now(); const x=await store.blobs.writeMany(blobs); infos.push(...x); globalThis.tw=(globalThis.tw??0)+performance.now()-a;}
console.log("writeMany/s", Math.round(infos.length/tw*1000));
for (const fn of ["sha256","blake3"]) {
  const present=infos.map(i=>digestOf(i,fn));
  const absent=infos.map((i)=>({fn,hash:crypto.randomBytes(32).toString("hex"),sizeBytes:1024}));
  for (const [name,list] of [["present",present],["absent",absent]]) for (let k=0;k<3;k++){
    const a=performance.now(); let m=0;
    for(let i=0;i+10000<=list.length;i+=10000) m+=(await store.blobs.findMissing(list.slice(i,i+10000))).length;
    console.log("findMissing",fn,name,Math.round(list.length/(performance.now()-a)*1000), m);
  }
  const a=performance.now(); 
  for(let i=0;i+3000<=present.length;i+=3000) await store.blobs.readMany(present.slice(i,i+3000));
  console.log("readMany",fn,Math.round(present.length/(performance.now()-a)*1000));
}
await store[Symbol.asyncDispose](); fs.rmSync(dir,{recursive:true});
