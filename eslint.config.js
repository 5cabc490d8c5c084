import tseslint from "typescript-eslint";

export default tseslint.config(
  {
    ignores: [
      "**/dist/",
      "**/node_modules/",
      "**/fixtures/",
      "**/generated/",
      "**/generated-streaming/",
      "*.config.*",
      ".dependency-cruiser.cjs",
      "examples/",
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/no-floating-promises": "error",
      // Where an index is known to exist, `!` says so; noUncheckedIndexedAccess leaves no other short way in hot loops.
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidOperator: true },
      ],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // Interfaces are asynchronous where one implementation is: the others need no await of their own.
      "@typescript-eslint/require-await": "off",
    },
  },
  {
    // Commander hands over options without types; each command declares those that it is given.
    files: ["cli/src/program.ts"],
    rules: { "@typescript-eslint/no-unsafe-argument": "off" },
  },
);
