/** Where one types what to search for. What it says inside is its name, too. */
import { Input } from "antd";

interface Props {
  value: string;
  onChange: (value: string) => void;
  label: string;
  width?: number;
}

export function SearchField({ value, onChange, label, width = 240 }: Props) {
  return (
    <Input.Search
      allowClear
      value={value}
      onChange={(event) => onChange(event.target.value)}
      placeholder={label}
      aria-label={label}
      style={{ width }}
    />
  );
}
