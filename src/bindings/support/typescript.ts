import { z } from "zod";

type TypeName = "integer" | "number" | "boolean" | "null" | "array" | "object" | "string";

interface Shape {
  types: TypeName[];
  separator?: string;
  items?: Shape;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  patterns?: string[];
  oneOf?: unknown[];
}

/** A value that no log shows; `reveal()` gives it. */
export class Secret<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return "••••••";
  }

  toJSON(): string {
    return "••••••";
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "Secret(••••••)";
  }
}

function reads<T>(shape: Shape) {
  return z.string().transform((text, context): T => {
    const value = read(text, shape);
    const fault = faultOf(value, shape);
    if (fault !== undefined) {
      // zod 4 wants an input, zod 3 knows of none.
      context.addIssue({ code: "custom", message: fault, input: undefined } as never);
      return z.NEVER;
    }
    return value as T;
  });
}

function secret<T>(shape: Shape) {
  return reads<T>(shape).transform((value) => new Secret(value));
}

const SPACE = "[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const AROUND = new RegExp(`^${SPACE}+|${SPACE}+$`, "gu");
const trimmed = (text: string): string => text.replace(AROUND, "");

/** The first of the types that the text spells; else the text. */
function read(text: string, shape: Shape): unknown {
  const has = (name: TypeName): boolean => shape.types.includes(name);
  // What is allowed as it stands is taken so.
  if (has("string") && shape.oneOf?.includes(text)) return text;
  if ((has("integer") || has("number")) && /^-?[0-9]+$/u.test(text)) {
    // What a number cannot hold exactly stays a text, which then is of the wrong type.
    const value = Number(text);
    if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
    if (has("number") && Number.isFinite(value)) return value;
  }
  if (has("number") && /^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$/u.test(text)) {
    const value = Number(text);
    if (Number.isFinite(value)) return value;
  }
  if (has("boolean")) {
    const word = text.toLowerCase();
    if (["true", "1", "yes", "on"].includes(word)) return true;
    if (["false", "0", "no", "off"].includes(word)) return false;
  }
  if (has("null") && text === "") return null;
  if (has("array")) {
    const items = itemsOf(text, shape);
    if (items !== undefined) return items;
  }
  if (has("object") && trimmed(text).startsWith("{")) {
    const value = json(text);
    if (isObject(value)) return value;
  }
  return text;
}

function itemsOf(text: string, shape: Shape): unknown[] | undefined {
  if (trimmed(text).startsWith("[")) {
    const value = json(text);
    return Array.isArray(value) ? value : undefined;
  }
  if (text === "") return [];
  return text.split(shape.separator ?? ",").map((item) => read(trimmed(item), shape.items ?? { types: ["string"] }));
}

function json(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isFinite(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `1e999` is infinite to JavaScript, and no number to others. */
function isFinite(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isFinite);
  return !isObject(value) || Object.values(value).every(isFinite);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function is(value: unknown, name: TypeName): boolean {
  switch (name) {
    case "integer":
      return Number.isInteger(value);
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return isObject(value);
    default:
      return typeof value === name;
  }
}

/** What is wrong with a value, which is not told. */
function faultOf(value: unknown, shape: Shape): string | undefined {
  if (!shape.types.some((name) => is(value, name))) return `is not ${shape.types.join(" or ")}`;
  if (shape.oneOf && !shape.oneOf.some((other) => same(value, other))) {
    return "is not one of the values that are allowed";
  }
  if (typeof value === "number") return faultOfNumber(value, shape);
  if (typeof value === "string") {
    if (!(shape.patterns ?? []).every((pattern) => new RegExp(pattern, "u").test(value))) {
      return "does not match the pattern";
    }
    return faultOfSize([...value].length, shape.minLength, shape.maxLength, "characters");
  }
  if (Array.isArray(value)) {
    const size = faultOfSize(value.length, shape.minItems, shape.maxItems, "items");
    const { items } = shape;
    return size ?? (items && value.map((item) => faultOf(item, items)).find((fault) => fault !== undefined));
  }
  return undefined;
}

function faultOfNumber(value: number, shape: Shape): string | undefined {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = shape;
  if (minimum !== undefined && value < minimum) return `is below ${minimum}`;
  if (maximum !== undefined && value > maximum) return `is above ${maximum}`;
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) return `is not above ${exclusiveMinimum}`;
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum) return `is not below ${exclusiveMaximum}`;
  if (multipleOf !== undefined) {
    const whole = Number.isInteger(value) && Number.isInteger(multipleOf);
    const rest = Math.abs(whole ? value % multipleOf : value / multipleOf - Math.round(value / multipleOf));
    if (rest > (whole ? 0 : Math.abs(value / multipleOf) * 1e-14)) return `is no multiple of ${multipleOf}`;
  }
  return undefined;
}

function faultOfSize(size: number, least: number | undefined, most: number | undefined, what: string): string | undefined {
  if (least !== undefined && size < least) return `has fewer than ${least} ${what}`;
  if (most !== undefined && size > most) return `has more than ${most} ${what}`;
  return undefined;
}

function same(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => same(item, other[index]));
  }
  if (isObject(one) && isObject(other)) {
    const keys = Object.keys(one);
    return keys.length === Object.keys(other).length && keys.every((key) => key in other && same(one[key], other[key]));
  }
  return one === other;
}
