/** A day as one end of a time: RFC 3339 of its first or last second where the person is. */
import { DatePicker } from "antd";

interface Props {
  label: string;
  end: "start" | "end";
  change: (moment: string) => void;
  width: number;
}

export function Day({ label, end, change, width }: Props) {
  return (
    <DatePicker
      aria-label={label}
      placeholder={label}
      style={{ width }}
      onChange={(value) => {
        const moment = end === "start" ? value?.startOf("day") : value?.endOf("day");
        change(
          moment
            ?.toDate()
            .toISOString()
            .replace(/\.\d+Z/, "Z") ?? "",
        );
      }}
    />
  );
}
