import { failure } from "../errors.ts";
import type { Command } from "./command.ts";

const usage = "Use: model predict|train|evaluate|card; ./bellwether model --help says more.";

/** `model`: what is done with one model file, away from the line. */
export const model: Command = async ([what, ...args], context) => {
  switch (what) {
    case "predict":
      return (await import("./model/predict.ts")).predict(args, context);
    case "train":
      return (await import("./model/train.ts")).train(args, context);
    case "evaluate":
      return (await import("./model/evaluate.ts")).evaluate(args, context);
    case "card":
      return (await import("./model/card.ts")).card(args, context);
    default:
      throw failure("ARGUMENT_WRONG", `There is no "model ${what ?? ""}"`, usage);
  }
};
