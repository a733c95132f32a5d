"""The hospital's RIS over HL7 v2: patient merges and updates applied, orders and results kept."""
