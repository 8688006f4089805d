/// LIGO_LW documents of segments: the tables process, segment_definer, segment_summary and segment, with integer ids (LIGO-T990023).
public enum LIGOLightWeight {
    /// One document with a definer for each flag. `program`: what the process table names.
    public static func text(of flags: [DataQualityFlag], program: String) -> String {
        var text = """
            <?xml version='1.0' encoding='utf-8'?>
            <!DOCTYPE LIGO_LW SYSTEM "http://ldas-sw.ligo.caltech.edu/doc/ligolwAPI/html/ligolw_dtd.txt">
            <LIGO_LW>

            """
        text += table("process", ["process:process_id:int_8s", "process:program:lstring"], [["0", quoted(program)]])
        text += table(
            "segment_definer",
            ["process:process_id:int_8s", "segment_definer:segment_def_id:int_8s", "segment_definer:ifos:lstring", "segment_definer:name:lstring",
             "segment_definer:version:int_4s", "segment_definer:comment:lstring"],
            flags.enumerated().map { ["0", "\($0)", quoted($1.interferometer), quoted($1.name), "\($1.version)", quoted($1.comment)] })
        for (name, key, list) in [("segment_summary", "segment_sum_id", \DataQualityFlag.known), ("segment", "segment_id", \DataQualityFlag.active)] {
            let rows = flags.enumerated().flatMap { index, flag in flag[keyPath: list].segments.map { (index, $0) } }
            text += table(
                name,
                ["process:process_id:int_8s", "segment_definer:segment_def_id:int_8s", "\(name):\(key):int_8s", "\(name):start_time:int_4s",
                 "\(name):start_time_ns:int_4s", "\(name):end_time:int_4s", "\(name):end_time_ns:int_4s"],
                rows.enumerated().map { number, row in
                    ["0", "\(row.0)", "\(number)", "\(row.1.start.seconds)", "\(row.1.start.remainder)", "\(row.1.end.seconds)", "\(row.1.end.remainder)"]
                })
        }
        return text + "</LIGO_LW>\n"
    }

    /// `columns`: TABLE:COLUMN:TYPE; a table's own columns go without its name, as the LIGO libraries write them.
    private static func table(_ name: String, _ columns: [String], _ rows: [[String]]) -> String {
        var text = "\t<Table Name=\"\(name):table\">\n"
        for column in columns {
            let parts = column.split(separator: ":")
            let title = parts[0] == name ? String(parts[1]) : "\(parts[0]):\(parts[1])"
            text += "\t\t<Column Name=\"\(title)\" Type=\"\(parts[2])\"/>\n"
        }
        text += "\t\t<Stream Name=\"\(name):table\" Type=\"Local\" Delimiter=\",\">\n"
        text += rows.map { "\t\t\t" + $0.joined(separator: ",") }.joined(separator: ",\n")
        return text + (rows.isEmpty ? "" : "\n") + "\t\t</Stream>\n\t</Table>\n"
    }

    /// A text of a stream: quotes and backslashes escaped for the table, the rest for XML.
    private static func quoted(_ text: String) -> String {
        var out = "\""
        for character in text {
            switch character {
            case "\"": out += "\\&quot;"
            case "\\": out += "\\\\"
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            default: out.append(character)
            }
        }
        return out + "\""
    }
}
